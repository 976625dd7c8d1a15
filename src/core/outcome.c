/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kind of migration it was, and what became of it and its guest. */
#include "core/outcome.h"

#include "core/monitor.h"
#include "core/qmp.h"
#include "core/window.h"

/*
 * Whoever cancels the job does so from a thread of its own; when libvirt itself gives up, as when
 * its peer has gone, that is done by the thread that performs.
 */
static bool half_was_cancelled(const struct half *half)
{
	uint16_t cancel = qmp_command_number("migrate_cancel");
	const struct mt_event *exit, *perform = half_call(half, MT_PERFORM, &exit);

	for (size_t i = 0; i < half->count; i++)
		if (half->events[i]->kind == MT_MONITOR_SEND &&
		    half->events[i]->command == cancel &&
		    (!perform || half->events[i]->tid != perform->tid))
			return true;
	return false;
}

/* Who comes while Perform runs does not see it return, but the reply to the call that it was. */
static const struct mt_event *perform_reply(const struct half *source)
{
	for (size_t i = 0; i < source->count; i++)
		if (source->events[i]->kind == MT_RPC_SERVER_SEND &&
		    is_perform_proc(source->events[i]->arg[4]))
			return source->events[i];
	return NULL;
}

static enum outcome replied_outcome(const struct half *source)
{
	const struct mt_event *reply = perform_reply(source);

	if (!reply)
		return OUTCOME_UNKNOWN;
	return reply->arg[6] ? OUTCOME_FAILED : OUTCOME_COMPLETED;
}

static enum outcome source_outcome(const struct half *source)
{
	const struct mt_event *confirm, *confirmed;
	const struct mt_event *exit, *perform = half_call(source, MT_PERFORM, &exit);

	if (exit && (int32_t)exit->arg[0] < 0)
		return half_was_cancelled(source) ? OUTCOME_CANCELLED : OUTCOME_FAILED;
	if (!source->is_p2p) {
		confirm = half_call(source, MT_CONFIRM, &confirmed);
		if (confirm && confirm->arg[0])
			return half_was_cancelled(source) ? OUTCOME_CANCELLED : OUTCOME_FAILED;
		if (confirm && !perform) /* offline: there is nothing to perform */
			return confirmed ? OUTCOME_COMPLETED : OUTCOME_UNFINISHED;
	}
	if (!perform && !exit)
		return replied_outcome(source);
	return exit ? OUTCOME_COMPLETED : OUTCOME_UNFINISHED;
}

/* It could not be prepared, or its QEMU had ended before it was to go on. */
static bool is_undone(const struct half *destination)
{
	const struct mt_event *exit;

	half_call(destination, MT_PREPARE, &exit);
	return (exit && (int32_t)exit->arg[0] < 0) ||
	       half_first(destination, MT_MONITOR_CLOSE, MT_ENTER, 0);
}

static enum outcome destination_outcome(const struct half *destination)
{
	const struct mt_event *exit, *finish = half_call(destination, MT_FINISH, &exit);

	if (!finish)
		return is_undone(destination) ? OUTCOME_FAILED : OUTCOME_UNKNOWN;
	if (!exit)
		return OUTCOME_UNFINISHED;
	return finish->arg[2] || !exit->arg[0] ? OUTCOME_FAILED : OUTCOME_COMPLETED;
}

/*
 * The source has the last word, as in libvirt: it decides whether its guest resumes. A daemon that
 * ended before its job did will never say; that the guest did not come is known all the same.
 */
enum outcome migration_outcome(const struct migration *migration)
{
	const struct half *source = migration->source, *destination = migration->destination;
	enum outcome outcome = source ? source_outcome(source) : destination_outcome(destination);

	if (outcome != OUTCOME_UNFINISHED || !(source ?: destination)->gone.known)
		return outcome;
	return source && destination && destination_outcome(destination) == OUTCOME_FAILED
		       ? OUTCOME_FAILED
		       : OUTCOME_UNKNOWN;
}

enum control migration_control(const struct migration *migration)
{
	const struct mt_event *exit, *perform;

	if (!migration->source)
		return CONTROL_UNKNOWN;
	perform = half_call(migration->source, MT_PERFORM, &exit);
	if (!perform && !migration->source->is_p2p &&
	    !half_call(migration->source, MT_CONFIRM, &exit))
		return CONTROL_UNKNOWN;
	return migration->source->is_p2p ? CONTROL_P2P : CONTROL_DIRECT;
}

static bool was_seen_to_begin(const struct half *source)
{
	return half_first(source, MT_PERFORM, MT_ENTER, 0) ||
	       half_first(source, MT_BEGIN, MT_ENTER, 0);
}

enum answer_is migration_is_offline(const struct migration *migration)
{
	const struct mt_event *exit;

	if (!migration->source)
		return ANSWER_UNKNOWN;
	if (half_call(migration->source, MT_RUN, &exit) || exit ||
	    migration_is_recovery(migration) == ANSWER_YES)
		return ANSWER_NO;
	return migration_outcome(migration) == OUTCOME_COMPLETED &&
			       was_seen_to_begin(migration->source)
		       ? ANSWER_YES
		       : ANSWER_UNKNOWN;
}

/* The call of Prepare tells. Numbers: libvirt's remote_protocol.x. */
enum answer_is migration_is_tunnelled(const struct migration *migration)
{
	const struct half *half =
		migration->destination ? migration->destination : migration->source;

	for (size_t i = 0; i < half->count; i++) {
		const struct mt_event *event = half->events[i];
		uint64_t proc = event->arg[4];

		if ((event->kind == MT_RPC_CLIENT_RECEIVE || event->kind == MT_RPC_SERVER_SEND) &&
		    is_prepare_proc(proc))
			return proc == 148 || proc == 215 || proc == 304 ? ANSWER_YES : ANSWER_NO;
	}
	return ANSWER_UNKNOWN;
}

static bool half_had_status(const struct half *half, const char *status)
{
	for (size_t i = 0; half && i < half->count; i++)
		if (monitor_status_is(half->events[i], status))
			return true;
	return false;
}

enum answer_is migration_is_postcopy(const struct migration *migration)
{
	return half_had_status(migration->source, "postcopy-active") ||
			       half_had_status(migration->destination, "postcopy-active")
		       ? ANSWER_YES
		       : ANSWER_NO;
}

enum answer_is migration_is_recovery(const struct migration *migration)
{
	return half_had_status(migration->source, "postcopy-recover") ||
			       half_had_status(migration->destination, "postcopy-recover")
		       ? ANSWER_YES
		       : ANSWER_NO;
}

bool migration_was_refused(const struct migration *migration)
{
	const struct half *source = migration->source;

	for (size_t i = 0; source && i < source->count; i++)
		if (source->events[i]->kind == MT_RPC_CLIENT_RECEIVE &&
		    is_prepare_proc(source->events[i]->arg[4]) && source->events[i]->arg[6])
			return true;
	return false;
}

bool migration_has_moved(const struct migration *migration)
{
	return migration->destination && migration->destination->done.known &&
	       !(migration->source && migration->source->resumed.known);
}

/* Whether all is over on that side: what it did not do by then, it has not done. */
static bool half_has_ended(const struct half *half)
{
	const struct mt_event *exit;

	if (half->side == SIDE_DESTINATION)
		return half_last(half, MT_FINISH, MT_RETURN, 0, INT64_MAX);
	half_call(half, MT_PERFORM, &exit);
	if (exit && (half->is_p2p || (int32_t)exit->arg[0] < 0))
		return true; /* a client confirms only what was performed */
	half_call(half, MT_CONFIRM, &exit);
	return exit || (half->is_p2p && perform_reply(half));
}

/*
 * Whether the guest was started there, be it that libvirt did not live to see it: its QEMU says so
 * on the monitor, and is seen to do it.
 */
static bool guest_was_started(const struct half *destination)
{
	const struct mt_event *event = NULL;

	if (destination->done.known)
		return true;
	for (size_t i = 0; i < destination->count; i++)
		if (monitor_event_is(destination->events[i], "RESUME"))
			return true;
	while ((event = window_next_qemu(destination, event)))
		if (event->kind == MT_QEMU_RUN_STATE && event->arg[0])
			return true;
	return false;
}

/* Where events may be missing, that one was not seen says nothing. */
static bool has_holes(const struct migration *migration)
{
	return half_hole(migration->source) ||
	       (migration->destination && half_hole(migration->destination));
}

/* Where only one side was seen, or not to its end, the other may have done anything. */
enum place_left migration_left(const struct migration *migration)
{
	const struct half *source = migration->source, *destination = migration->destination;
	bool is_completed = migration_outcome(migration) == OUTCOME_COMPLETED;
	bool runs_here = source && source->resumed.known && !source->has_no_qemu;
	bool runs_there = destination && guest_was_started(destination);

	if (!source || !half_has_ended(source))
		return LEFT_UNKNOWN;
	if (runs_here && runs_there)
		return LEFT_ON_BOTH;
	if (has_holes(migration) && !(is_completed && runs_there))
		return LEFT_UNKNOWN;
	if (runs_here)
		return LEFT_ON_SOURCE;
	if (runs_there || migration_is_recovery(migration) == ANSWER_YES)
		return LEFT_ON_DESTINATION;
	if (!is_completed && source->has_no_qemu)
		return LEFT_NOWHERE;
	if (!is_completed && !source->halted.known)
		return LEFT_ON_SOURCE;
	if (is_completed && migration_is_offline(migration) == ANSWER_YES)
		return LEFT_PAUSED;
	if (!destination || !half_has_ended(destination))
		return LEFT_UNKNOWN;
	return is_completed ? LEFT_PAUSED : LEFT_NOWHERE;
}
