/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kind of migration it was, and what became of it and its guest. */
#include "core/match/outcome.h"

#include "core/side/qemu.h"
#include "core/event/monitor.h"
#include "core/event/qmp.h"
#include "core/side/runs.h"
#include "core/side/unseen.h"
#include "core/side/window.h"

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
 * its peer has gone, that is done by the thread that performs.
 */
static enum tristate side_was_cancelled(const struct side *side)
{
	uint16_t cancel = qmp_command_number("migrate_cancel");
	int64_t last_ns = (int64_t)side->events[side->count - 1]->ktime_ns;
	uint32_t worker = worker_of(side);
	bool is_sent = false, is_shown = false;

	for (size_t i = 0; i < side->count; i++) {
		const struct mt_event *event = side->events[i];
		bool is_it = event->kind == MT_MONITOR_SEND && event->monitor.command == cancel;

		if (is_it && worker && event->tid != worker)
			return ANSWER_YES;
		is_sent |= is_it;
		is_shown |= shows_cancel(event, cancel);
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

	if (worked == ANSWER_NO)
		return unworked_outcome(source);
	if (!source->is_p2p)
		return confirmed_outcome(source);
	return worked == ANSWER_YES ? OUTCOME_COMPLETED : unended_outcome(source);
}

/* It could not be prepared, or its QEMU had ended before it was to go on. */
static bool is_unprepared(const struct side *destination)
{
	return destination->phase[PHASE_PREPARE].result == PHASE_FAILED ||
	       side_first(destination, MT_MONITOR_CLOSE, MT_ENTER, 0);
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
	return is_unprepared(destination) ? OUTCOME_FAILED : OUTCOME_UNKNOWN;
}

/* Whether the guest certainly has not come to run on the destination by libvirt's doing. */
static bool has_not_come(const struct side *destination)
{
	const struct phase *finish = &destination->phase[PHASE_FINISH];

	return finish->began ? finish->result == PHASE_FAILED : is_unprepared(destination);
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

/*
 * The source has the last word, as in libvirt: it decides whether its guest resumes. A daemon that
 * ended before its job did will never say; that the guest did not come is known all the same. Then
 * nothing goes on any more either, whatever the source was last seen to do.
 */
enum outcome migration_outcome(const struct migration *migration)
{
	const struct side *source = migration->source, *destination = migration->destination;
	bool has_failed = source && destination && has_not_come(destination);
	enum outcome outcome = source ? source_outcome(source) : destination_outcome(destination);

	if (source && is_open(outcome) && side_is_unconfirmed(source))
		outcome = unconfirmed_outcome(source, destination);
	if (!is_open(outcome))
		return outcome;
	if (migration_side(migration)->ending.cause == ENDING_DAEMON_GONE)
		return has_failed ? OUTCOME_FAILED : OUTCOME_UNKNOWN;
	return has_failed ? OUTCOME_UNKNOWN : outcome;
}

bool outcome_has_not_worked(enum outcome outcome)
{
	return outcome == OUTCOME_FAILED || outcome == OUTCOME_CANCELLED;
}

/* Only a client begins and confirms; else that the daemon does not call its peer has to be seen. */
static bool is_direct(const struct side *source)
{
	const struct phase *phase = source->phase;

	if (phase[PHASE_BEGIN].began || phase[PHASE_BEGIN].ended || phase[PHASE_CONFIRM].began ||
	    phase[PHASE_CONFIRM].ended)
		return true;
	return phase[PHASE_PERFORM].began && !unseen_why(source, MT_RPC_CLIENT_SEND, 0, INT64_MAX);
}

enum control migration_control(const struct migration *migration)
{
	if (!migration->source)
		return CONTROL_UNKNOWN;
	if (migration->source->is_p2p)
		return CONTROL_P2P;
	return is_direct(migration->source) ? CONTROL_DIRECT : CONTROL_UNKNOWN;
}

enum tristate migration_is_offline(const struct migration *migration)
{
	const struct side *source = migration->source;

	if (!source)
		return ANSWER_UNKNOWN;
	if (source->phase[PHASE_RUN].began || source->phase[PHASE_RUN].ended ||
	    migration_is_recovery(migration) == ANSWER_YES)
		return ANSWER_NO;
	return migration_outcome(migration) == OUTCOME_COMPLETED &&
			       !unseen_why(source, MT_RUN, 0, INT64_MAX)
		       ? ANSWER_YES
		       : ANSWER_UNKNOWN;
}

enum tristate migration_is_tunnelled(const struct migration *migration)
{
	const struct side *side = migration->destination ?: migration->source;
	const struct mt_event *reply = side->phase[PHASE_PREPARE].reply;

	if (!reply)
		return ANSWER_UNKNOWN;
	return is_tunnel_proc(reply->rpc.proc) ? ANSWER_YES : ANSWER_NO;
}

bool side_had_status(const struct side *side, const char *status)
{
	for (size_t i = 0; side && i < side->count; i++)
		if (monitor_status_is(side->events[i], status))
			return true;
	return false;
}

/* Either side's libvirt hears of the status. */
static enum tristate migration_had_status(const struct migration *migration, const char *status)
{
	const struct side *sides[] = {migration->source, migration->destination};

	for (size_t i = 0; i < 2; i++)
		if (side_had_status(sides[i], status))
			return ANSWER_YES;
	for (size_t i = 0; i < 2; i++)
		if (sides[i] && !unseen_why(sides[i], MT_MONITOR_EVENT, 0, INT64_MAX))
			return ANSWER_NO;
	return ANSWER_UNKNOWN;
}

enum tristate migration_is_postcopy(const struct migration *migration)
{
	return migration_had_status(migration, STATUS_POSTCOPY);
}

enum tristate migration_is_recovery(const struct migration *migration)
{
	return migration_had_status(migration, "postcopy-recover");
}

bool migration_was_refused(const struct migration *migration)
{
	return migration->source && migration->source->phase[PHASE_PREPARE].result == PHASE_FAILED;
}

bool migration_has_moved(const struct migration *migration)
{
	const struct side *source = migration->source;

	return migration->destination && migration->destination->dst.done.known &&
	       !(source && (source->src.resumed.known || side_runs(source) == RUNS_YES));
}

/* One that completed ended its QEMU, unless it is seen to start its guest again. */
static enum runs source_runs(const struct side *source, bool is_completed)
{
	enum runs runs = side_runs(source);

	return is_completed && runs != RUNS_YES ? RUNS_NO : runs;
}

/* A guest that was not touched on the destination was not started there. */
static enum runs destination_runs(const struct migration *migration)
{
	const struct side *destination = migration->destination;
	enum runs runs = destination ? side_runs(destination) : RUNS_UNKNOWN;

	if (!destination)
		return migration_was_refused(migration) ? RUNS_NO : RUNS_UNKNOWN;
	if (runs == RUNS_YES)
		return runs;
	if (side_hole(destination) || runs == RUNS_UNKNOWN)
		return RUNS_UNKNOWN;
	return side_saw_end(destination) || has_not_come(destination) ? RUNS_NO : RUNS_UNKNOWN;
}

/* Nothing of it runs on the source any more. */
static enum place_left left_elsewhere(const struct migration *migration, enum outcome outcome)
{
	enum runs there = destination_runs(migration);

	if (there == RUNS_YES || migration_is_recovery(migration) == ANSWER_YES)
		return LEFT_ON_DESTINATION;
	if (outcome == OUTCOME_COMPLETED)
		return there == RUNS_NO || migration_is_offline(migration) == ANSWER_YES
			       ? LEFT_PAUSED
			       : LEFT_UNKNOWN;
	return there == RUNS_NO && outcome_has_not_worked(outcome) ? LEFT_NOWHERE : LEFT_UNKNOWN;
}

/*
 * The client that drives both sides has left the source after Perform: nobody comes who would start
 * its guest again.
 */
static bool is_deserted(const struct migration *migration)
{
	const struct side *source = migration->source, *destination = migration->destination;

	return source && destination && side_is_deserted(source) &&
	       (is_unprepared(destination) || side_saw_end(destination));
}

/* Where only one side was seen, or not to its end, the other may have done anything. */
enum place_left migration_left(const struct migration *migration)
{
	const struct side *source = migration->source;
	enum outcome outcome = migration_outcome(migration);
	bool is_completed = outcome == OUTCOME_COMPLETED, runs_there;
	enum runs here;

	if (!source || !(side_saw_end(source) || is_deserted(migration)))
		return LEFT_UNKNOWN;
	runs_there = destination_runs(migration) == RUNS_YES;
	if (side_hole(source))
		return is_completed && runs_there ? LEFT_ON_DESTINATION : LEFT_UNKNOWN;
	here = source_runs(source, is_completed);
	if (here == RUNS_NO)
		return left_elsewhere(migration, outcome);
	if (here == RUNS_YES)
		return runs_there ? LEFT_ON_BOTH : LEFT_ON_SOURCE;
	return here == RUNS_UNTOUCHED && outcome_has_not_worked(outcome) ? LEFT_ON_SOURCE
									 : LEFT_UNKNOWN;
}
