/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What became of a migration. */
#include "core/match/outcome.h"

#include <assert.h>

#include "core/event/monitor.h"
#include "core/event/qmp.h"
#include "core/event/tristate.h"
#include "core/match/place_left.h"
#include "core/side/runs.h"
#include "core/side/unseen.h"

#define STATUS_CANCELLING "cancelling"
#define STATUS_CANCELLED  "cancelled"

/* The thread that performs, by any of what only it does; 0 if nothing of that was seen. */
static uint32_t worker_of(const struct side *source)
{
	for (size_t i = 0; i < source->count; i++)
		if (source->events[i]->kind == MT_PERFORM || source->events[i]->kind == MT_RUN)
			return source->events[i]->tid;
	return 0;
}

/* What a cancelled job leaves behind, besides the command. */
static bool shows_cancel(const struct mt_event *event, uint16_t cancel)
{
	return (event->kind == MT_MONITOR_REPLY && event->monitor.command == cancel) ||
	       monitor_status_is(event, STATUS_CANCELLING) ||
	       monitor_status_is(event, STATUS_CANCELLED);
}

/*
 * Whoever cancels the job does so from a thread of its own; when libvirt itself gives up, as when
 * its peer has gone, that is done by the thread that performs. A QEMU that shuts down cancels its
 * migration itself.
 */
static enum tristate side_was_cancelled(const struct side *side)
{
	uint16_t cancel = qmp_command_number("migrate_cancel");
	int64_t last_ns = (int64_t)side->events[side->count - 1]->ktime_ns;
	uint32_t worker = worker_of(side);
	bool is_sent = false, is_shown = false, is_shut = false;

	assert(cancel);
	for (size_t i = 0; i < side->count; i++) {
		const struct mt_event *event = side->events[i];
		bool is_it = event->kind == MT_MONITOR_SEND && event->monitor.command == cancel;

		if (is_it && worker && event->tid != worker)
			return ANSWER_YES;
		is_sent |= is_it;
		is_shut |= monitor_event_is(event, "SHUTDOWN");
		is_shown |= !is_shut && shows_cancel(event, cancel);
	}
	if (is_sent ? !worker : is_shown)
		return ANSWER_UNKNOWN;
	return unseen_why(side, MT_MONITOR_SEND, 0, last_ns) ? ANSWER_UNKNOWN : ANSWER_NO;
}

/* It did not work: because it was cancelled or not, or that is not known. */
static enum outcome unworked_outcome(const struct side *source)
{
	static const enum outcome outcomes[] = {
		[ANSWER_UNKNOWN] = OUTCOME_UNKNOWN,
		[ANSWER_NO] = OUTCOME_FAILED,
		[ANSWER_YES] = OUTCOME_CANCELLED,
	};

	return outcomes[side_was_cancelled(source)];
}

static enum tristate phase_worked(const struct phase *phase)
{
	if (phase->result == PHASE_UNKNOWN)
		return ANSWER_UNKNOWN;
	return phase->result == PHASE_WORKED ? ANSWER_YES : ANSWER_NO;
}

/*
 * Of what was not seen to end: the recording ended before, or it has but nobody saw how. Of a call
 * that was going on when the recording began only the reply is seen.
 */
static enum outcome unended_outcome(const struct side *side)
{
	int64_t last_ns = (int64_t)side->events[side->count - 1]->ktime_ns;

	return side_has_ended(side) || unseen_why(side, MT_PERFORM, 0, last_ns)
		       ? OUTCOME_UNKNOWN
		       : OUTCOME_UNFINISHED;
}

/*
 * A client says in Confirm whether the guest was moved. Where that was not seen: only of one that
 * was, libvirt completes the job. Offline there is nothing to perform.
 */
static enum outcome confirmed_outcome(const struct side *source)
{
	const struct phase *confirm = &source->phase[PHASE_CONFIRM];

	if (confirm->began && confirm->began->confirm.is_cancelled)
		return unworked_outcome(source);
	if (source->phase[PHASE_COMPLETE].began ||
	    (confirm->began && (confirm->ended || side_has_ended(source))))
		return OUTCOME_COMPLETED;
	return unended_outcome(source);
}

static enum outcome source_outcome(const struct side *source)
{
	enum tristate worked = phase_worked(&source->phase[PHASE_PERFORM]);

	assert(source->role == ROLE_SOURCE);
	if (worked == ANSWER_NO)
		return unworked_outcome(source);
	if (!source->is_p2p)
		return confirmed_outcome(source);
	return worked == ANSWER_YES ? OUTCOME_COMPLETED : unended_outcome(source);
}

bool destination_is_unprepared(const struct side *destination)
{
	assert(destination->role == ROLE_DESTINATION);
	return destination->phase[PHASE_PREPARE].result == PHASE_FAILED || destination->has_no_qemu;
}

/* Finish is called with a flag for failed or cancelled: which of them only the source knows. */
static enum outcome destination_outcome(const struct side *destination)
{
	const struct phase *finish = &destination->phase[PHASE_FINISH];

	if (finish->began && finish->began->finish.is_cancelled)
		return OUTCOME_UNKNOWN;
	if (finish->ended)
		return finish->result == PHASE_WORKED ? OUTCOME_COMPLETED : OUTCOME_FAILED;
	if (finish->began)
		return unended_outcome(destination);
	return destination_is_unprepared(destination) ? OUTCOME_FAILED : OUTCOME_UNKNOWN;
}

bool destination_has_not_come(const struct side *destination)
{
	const struct phase *finish = &destination->phase[PHASE_FINISH];

	return finish->began ? finish->result == PHASE_FAILED
			     : destination_is_unprepared(destination);
}

static bool is_open(enum outcome outcome)
{
	return outcome == OUTCOME_UNFINISHED || outcome == OUTCOME_UNKNOWN;
}

/*
 * What nobody confirms has become what the destination has done. Where that was not seen, it goes
 * on only as long as its client may still come back.
 */
static enum outcome unconfirmed_outcome(const struct side *source, const struct side *destination)
{
	enum outcome outcome = destination ? destination_outcome(destination) : OUTCOME_UNKNOWN;

	if (!is_open(outcome))
		return outcome;
	return side_is_deserted(source) ? OUTCOME_UNKNOWN : OUTCOME_UNFINISHED;
}

/* The source's daemon will not say. That the guest runs on the destination, and not on the source
 * again, is what a migration is for. */
static enum outcome evident_outcome(const struct migration *migration, bool has_failed)
{
	const struct side *destination = migration->destination;

	if (has_failed)
		return OUTCOME_FAILED;
	return migration->source && destination && migration_has_moved(migration) &&
			       side_runs(migration->source) == RUNS_NO &&
			       side_runs(destination) == RUNS_YES
		       ? OUTCOME_COMPLETED
		       : OUTCOME_UNKNOWN;
}

/*
 * The source has the last word, as in libvirt: it decides whether its guest resumes. A daemon that
 * ended before its job did will never say; that the guest did not come is known all the same. Then
 * nothing goes on any more either, whatever the source was last seen to do.
 */
enum outcome migration_outcome(const struct migration *migration)
{
	const struct side *source = migration->source, *destination = migration->destination;
	bool has_failed = source && destination && destination_has_not_come(destination);
	enum outcome outcome = source ? source_outcome(source) : destination_outcome(destination);

	if (source && is_open(outcome) && side_is_unconfirmed(source))
		outcome = unconfirmed_outcome(source, destination);
	if (!is_open(outcome))
		return outcome;
	if (migration_side(migration)->ending.cause == ENDING_DAEMON_GONE)
		return evident_outcome(migration, has_failed);
	return has_failed ? OUTCOME_UNKNOWN : outcome;
}

bool outcome_has_not_worked(enum outcome outcome)
{
	return outcome == OUTCOME_FAILED || outcome == OUTCOME_CANCELLED;
}

bool migration_was_refused(const struct migration *migration)
{
	return migration->source && migration->source->phase[PHASE_PREPARE].result == PHASE_FAILED;
}

bool migration_reached_nobody(const struct migration *migration)
{
	const struct side *source = migration->source;

	return source && source->is_p2p && source->phase[PHASE_PERFORM].result == PHASE_FAILED &&
	       !source->phase[PHASE_PREPARE].began &&
	       !unseen_why(source, MT_RPC_CLIENT_SEND, 0, INT64_MAX);
}
