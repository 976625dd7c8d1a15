/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether libvirt's own numbers of a migration are right, and if not, why. */
#include "core/standstill/across.h"
#include "core/verdict/verdict.h"

#include <string.h>

#include "core/side/qemu.h"
#include "core/event/monitor.h"
#include "core/match/outcome.h"
#include "core/side/statistics.h"

#define MS 1000000
/* libvirt cuts each of its stamps to ms; a net figure has four of them. */
#define ROUNDING_NS (2 * MS)
/* The recorder looks at the clocks ten times a second, and between them a wall clock may be slewed.
 */
#define LOOK_NS 200000

/* By how much more the hand-over took, as libvirt's numbers themselves show. */
struct skew {
	bool known;
	int64_t ns;	 /* the wall clocks' offset, for the most part */
	int64_t late_ns; /* of that: by how much Finish was stamped late */
};

struct judge {
	const struct migration *migration;
	const struct figures *figures;
	const struct reported *reported[2]; /* by enum side */
	struct skew skew;
	bool has_partial; /* the destination says no more than what the source did */
	struct inputs inputs;
	struct statistics answered;
	int64_t tolerance_ns;
	int64_t late_ns; /* libvirt's last stamp may come that much after what it stamps */
};

static int64_t reported_ns(const struct judge *judge, enum role role, enum reported_field field)
{
	return (int64_t)judge->reported[role]->field[field].ms * MS;
}

static bool is_reported(const struct judge *judge, enum role role, enum reported_field field)
{
	return judge->reported[role]->field[field].known &&
	       judge->reported[role]->field[field].ms < INT64_MAX / MS;
}

/* Before it formats the next cookie it has stamped. */
static int64_t stamp_is_late_ns(const struct side *destination)
{
	const struct mt_event *next =
		side_first(destination, MT_COOKIE_FORMAT, MT_ENTER, destination->done.ns);

	return next ? (int64_t)next->ktime_ns - destination->done.ns : 0;
}

static bool is_near(const struct judge *judge, int64_t ns, const struct quantity *quantity,
		    int64_t plus_ns)
{
	return quantity->known && ns >= quantity->lo_ns + plus_ns - judge->tolerance_ns &&
	       ns <= quantity->hi_ns + plus_ns + judge->tolerance_ns + judge->late_ns;
}

/*
 * The destination's thread may lose its CPU between the entry of Finish and its stamp. Then it is
 * not the recorders' wall clocks that differ so, and what is too much had passed by the first
 * command.
 */
static int64_t late_find(const struct judge *judge)
{
	const struct side *destination = judge->migration->destination;
	const struct quantity *theta = &judge->inputs.theta, *hosts = &judge->inputs.hosts;
	const struct mt_event *next =
		side_first(destination, MT_MONITOR_SEND, MT_ENTER, destination->received.ns);

	if (!hosts->known || !next || theta->lo_ns <= hosts->hi_ns ||
	    theta->lo_ns - hosts->hi_ns > (int64_t)next->ktime_ns - destination->received.ns)
		return 0;
	return theta->est_ns - hosts->est_ns;
}

/*
 * The cookie tells by how much libvirt has the clocks wrong; else both of the destination's figures
 * are wrong by the same if it is the clocks.
 */
static struct skew skew_find(const struct judge *judge)
{
	const struct figures *figures = judge->figures;
	int64_t ns, other;

	if (judge->inputs.theta.known)
		return (struct skew){true, judge->inputs.theta.est_ns, late_find(judge)};
	if (!figures->downtime.known || !figures->elapsed.known ||
	    !is_reported(judge, ROLE_DESTINATION, REPORTED_DOWNTIME) ||
	    !is_reported(judge, ROLE_DESTINATION, REPORTED_ELAPSED))
		return (struct skew){.known = false};
	ns = reported_ns(judge, ROLE_DESTINATION, REPORTED_DOWNTIME) - figures->downtime.est_ns;
	other = reported_ns(judge, ROLE_DESTINATION, REPORTED_ELAPSED) - figures->elapsed.est_ns;
	if (ns - other > 2 * ROUNDING_NS || other - ns > 2 * ROUNDING_NS)
		return (struct skew){.known = false};
	return (struct skew){.known = true, .ns = ns};
}

/*
 * A destination that is behind by more than the downtime keeps what the source's cookie said, up to
 * its hand-over (domainjob.c: "stopped in the future"), and has no net figures.
 */
static bool partial_find(const struct judge *judge)
{
	const struct side *source = judge->migration->source;
	struct quantity part;

	if (judge->inputs.was_future)
		return true;
	if (!source->stopped.known || !is_reported(judge, ROLE_DESTINATION, REPORTED_DOWNTIME) ||
	    is_reported(judge, ROLE_DESTINATION, REPORTED_DOWNTIME_NET))
		return false;
	part = span_of_instants(&source->stopped, &source->sent, "one clock");
	return is_near(judge, reported_ns(judge, ROLE_DESTINATION, REPORTED_DOWNTIME), &part, 0);
}

/* Where that function is not found, what it is called after: Confirm, or the reply to Finish. */
static const struct mt_event *source_completes(const struct side *source)
{
	const struct mt_event *event = side_first(source, MT_COMPLETE, MT_ENTER, 0);

	if (!event)
		event = side_first(source, MT_CONFIRM, MT_ENTER, 0);
	for (size_t i = 0; !event && i < source->count; i++)
		if (source->events[i]->kind == MT_RPC_CLIENT_RECEIVE &&
		    is_finish_proc(source->events[i]->rpc.proc))
			event = source->events[i];
	return event;
}

/*
 * The source's elapsed ends when it has completed, on its own clock: libvirt stamps after that has
 * begun, and before it ends its QEMU. That says so, and its monitor is closed: with libvirt 9.0 at
 * once, with 11.3 when that process has gone, which may take a second.
 */
static int64_t source_ended_ns(const struct side *source, const struct mt_event *complete)
{
	for (size_t i = 0; i < source->count; i++) {
		const struct mt_event *event = source->events[i];

		if (event->ktime_ns > complete->ktime_ns &&
		    (event->kind == MT_MONITOR_CLOSE || monitor_event_is(event, "SHUTDOWN")))
			return (int64_t)event->ktime_ns;
	}
	return 0;
}

static struct quantity source_elapsed(const struct judge *judge)
{
	const struct side *source = judge->migration->source;
	const struct mt_event *complete = source_completes(source);
	int64_t ended_ns = complete ? source_ended_ns(source, complete) : 0;

	if (!ended_ns || !source->start.known)
		return quantity_unknown("the source's end of the job was not seen");
	return quantity_between((int64_t)complete->ktime_ns - source->start.ns,
				ended_ns - source->start.ns, "one clock");
}

/* Less the time that it took to hand over. */
static struct quantity source_elapsed_net(const struct judge *judge)
{
	struct quantity elapsed = source_elapsed(judge);
	const struct quantity *transfer = &judge->figures->transfer;

	if (!elapsed.known || !transfer->known)
		return elapsed.known ? *transfer : elapsed;
	return quantity_between(elapsed.lo_ns - transfer->hi_ns, elapsed.hi_ns - transfer->lo_ns,
				transfer->how);
}

/*
 * QEMU counts from within its migration thread until after it is active: no more than from the
 * state before to whatever is seen of it after that.
 */
static struct quantity setup_of(const struct judge *judge)
{
	const struct qemu qemu = qemu_of(judge->migration->source);
	const struct mt_event *event = NULL, *setup = NULL;
	size_t states = 0;

	while ((event = qemu_next(&qemu, event))) {
		if (states == 2)
			return quantity_between(0, (int64_t)(event->ktime_ns - setup->ktime_ns),
						"QEMU's own states");
		states += event->kind == MT_QEMU_MIGRATION_STATE;
		if (states == 1 && !setup)
			setup = event;
	}
	return quantity_unknown("QEMU's states were not seen");
}

/* Before 1.3.3 the source took the destination's, and before 1.2.15 nobody knew of the clocks. */
static bool takes_destinations(const struct judge *judge, enum role role)
{
	uint64_t version = judge->reported[role]->version;

	return role == ROLE_SOURCE && version && version < 1003003;
}

static struct quantity truth_of(const struct judge *judge, enum role role,
				enum reported_field field)
{
	const struct figures *figures = judge->figures;
	bool is_sources = role == ROLE_SOURCE && !takes_destinations(judge, role);

	switch (field) {
	case REPORTED_DOWNTIME:
		return figures->downtime;
	case REPORTED_DOWNTIME_NET:
		return figures->downtime_net;
	case REPORTED_ELAPSED:
		return is_sources ? source_elapsed(judge) : figures->elapsed;
	case REPORTED_ELAPSED_NET:
		return is_sources ? source_elapsed_net(judge) : figures->elapsed_net;
	case REPORTED_DELTA:
		return figures->transfer;
	default:
		return setup_of(judge);
	}
}

/* By how much libvirt's formula is off for that field. */
static int64_t skew_of(const struct judge *judge, enum role role, enum reported_field field)
{
	bool is_sources = role == ROLE_SOURCE && !takes_destinations(judge, role);
	const struct skew *skew = &judge->skew;

	switch (field) {
	case REPORTED_DELTA:
		return skew->ns;
	case REPORTED_DOWNTIME:
		return skew->ns - skew->late_ns;
	case REPORTED_ELAPSED:
		return is_sources ? 0 : skew->ns - skew->late_ns;
	case REPORTED_DOWNTIME_NET:
		return -skew->late_ns;
	case REPORTED_ELAPSED_NET:
		return is_sources ? -skew->ns : -skew->late_ns;
	default:
		return 0;
	}
}

/* What the field is off by as the source's own stamps are: libvirt's span less ours. */
static int64_t step_of(const struct judge *judge, enum reported_field field)
{
	switch (field) {
	case REPORTED_DOWNTIME:
	case REPORTED_DOWNTIME_NET:
		return judge->inputs.stop_step_ns;
	case REPORTED_ELAPSED:
	case REPORTED_ELAPSED_NET:
		return judge->inputs.start_step_ns;
	default:
		return 0;
	}
}

static void conclude(struct verdict *verdict, enum verdict_kind kind, const char *explanation)
{
	verdict->kind = kind;
	verdict->explanation = explanation;
}

/* libvirt takes the hand-over by both wall clocks, and leaves out what it cannot subtract it from.
 */
static const char *why_missing(const struct judge *judge, const struct verdict *verdict)
{
	enum reported_field whole =
		verdict->field == REPORTED_DOWNTIME_NET ? REPORTED_DOWNTIME : REPORTED_ELAPSED;
	int64_t hand_over_ns = judge->skew.ns + judge->figures->transfer.est_ns;

	if (verdict->field != REPORTED_DOWNTIME_NET && verdict->field != REPORTED_ELAPSED_NET)
		return NULL;
	if (judge->has_partial || (judge->skew.known && hand_over_ns < ROUNDING_NS))
		return "left out: the destination's clock is behind";
	if (judge->skew.known && is_reported(judge, verdict->role, whole) &&
	    hand_over_ns + ROUNDING_NS > reported_ns(judge, verdict->role, whole))
		return "left out: the destination's clock is ahead";
	return NULL;
}

/* Why the field cannot be there, or NULL. */
static const char *why_cannot(const struct judge *judge, const struct verdict *verdict)
{
	uint64_t version = judge->reported[verdict->role]->version;
	bool is_net = verdict->field == REPORTED_DOWNTIME_NET ||
		      verdict->field == REPORTED_ELAPSED_NET || verdict->field == REPORTED_DELTA;

	if (is_net && version && version < 1002015)
		return "libvirt has it since 1.2.15 only";
	if (migration_is_postcopy(judge->migration) == ANSWER_YES &&
	    verdict->role == ROLE_DESTINATION && !judge->reported[ROLE_DESTINATION]->type)
		return "a destination's are deleted after post-copy";
	if (verdict->field == REPORTED_SETUP && !judge->reported[verdict->role]->type)
		return "libvirt does not say it";
	return NULL;
}

static void judge_missing(const struct judge *judge, struct verdict *verdict)
{
	const char *why = why_missing(judge, verdict);

	if (judge->reported[verdict->role]->field[verdict->field].is_absurd)
		conclude(verdict, VERDICT_WRONG, "what libvirt says is no duration");
	else if (why_cannot(judge, verdict))
		conclude(verdict, VERDICT_OTHER, why_cannot(judge, verdict));
	else if (why)
		conclude(verdict, VERDICT_MISSING, why);
	else if (verdict->field == REPORTED_DELTA)
		conclude(verdict, VERDICT_UNKNOWN, "not recorded, nor to be had from its numbers");
	else if (!verdict->truth.known)
		conclude(verdict, VERDICT_UNKNOWN, verdict->truth.why_unknown);
	else
		conclude(verdict, VERDICT_UNEXPLAINED, "libvirt does not say it");
}

/* In post-copy libvirt takes the source's downtime from QEMU, which knows its own side only. */
static bool is_qemus(const struct judge *judge, const struct verdict *verdict)
{
	return migration_is_postcopy(judge->migration) == ANSWER_YES &&
	       (verdict->field == REPORTED_DOWNTIME || verdict->field == REPORTED_DOWNTIME_NET);
}

/* Whether it ends with libvirt's last stamp there, which may be late. */
static bool ends_on_destination(const struct judge *judge, enum role role,
				enum reported_field field)
{
	if (field == REPORTED_DOWNTIME || field == REPORTED_DOWNTIME_NET)
		return true;
	return (field == REPORTED_ELAPSED || field == REPORTED_ELAPSED_NET) &&
	       (role == ROLE_DESTINATION || takes_destinations(judge, role));
}

static const char *why_skewed(const struct judge *judge, enum reported_field field, int64_t step_ns)
{
	bool has_subtracted = field == REPORTED_ELAPSED_NET || field == REPORTED_DOWNTIME_NET;

	if (step_ns < -judge->tolerance_ns && judge->inputs.sent.known &&
	    judge->inputs.sent.est_ns < judge->tolerance_ns &&
	    judge->inputs.sent.est_ns > -judge->tolerance_ns)
		return "libvirt stamped when it got round to it";
	if (step_ns > judge->tolerance_ns || step_ns < -judge->tolerance_ns)
		return "the source's wall clock was set meanwhile";
	if (judge->skew.late_ns && (has_subtracted || field == REPORTED_DELTA))
		return "libvirt stamped the hand-over late";
	return has_subtracted ? "the wall clocks' offset is subtracted"
			      : "off by the wall clocks' offset";
}

static void judge_off(const struct judge *judge, struct verdict *verdict)
{
	int64_t skew_ns = skew_of(judge, verdict->role, verdict->field);
	int64_t step_ns = step_of(judge, verdict->field), ns = verdict->ms * MS;

	if (is_qemus(judge, verdict))
		conclude(verdict, VERDICT_OTHER, "of a post-copy migration: QEMU's own number");
	else if ((skew_ns || step_ns) && is_near(judge, ns, &verdict->truth, skew_ns + step_ns))
		conclude(verdict, VERDICT_SKEWED, why_skewed(judge, verdict->field, step_ns));
	else if (judge->has_partial && ends_on_destination(judge, verdict->role, verdict->field) &&
		 (verdict->field == REPORTED_DOWNTIME || verdict->field == REPORTED_ELAPSED))
		conclude(verdict, VERDICT_PARTIAL, "source's part only: the other clock is behind");
	else if (judge->inputs.has_no_stop &&
		 (verdict->field == REPORTED_DOWNTIME || verdict->field == REPORTED_DOWNTIME_NET))
		conclude(verdict, VERDICT_WRONG, "QEMU's number, as libvirt missed the STOP");
	else
		conclude(verdict, VERDICT_UNEXPLAINED, "not as it was measured");
}

static void judge_present(const struct judge *judge, struct verdict *verdict)
{
	if (!verdict->truth.known)
		conclude(verdict, VERDICT_UNKNOWN, verdict->truth.why_unknown);
	else if (is_near(judge, verdict->ms * MS, &verdict->truth, 0))
		conclude(verdict, VERDICT_AGREES, "within libvirt's rounding");
	else
		judge_off(judge, verdict);
}

/* The destination's cookie has it; and each side has subtracted it. Returns whether it is known. */
static bool delta_get(const struct judge *judge, enum role role, int64_t *ms)
{
	static const enum reported_field pairs[][2] = {
		{REPORTED_ELAPSED, REPORTED_ELAPSED_NET},
		{REPORTED_DOWNTIME, REPORTED_DOWNTIME_NET},
	};

	if (role == ROLE_DESTINATION && judge->answered.delta.known) {
		*ms = judge->answered.delta.ms;
		return true;
	}
	for (size_t i = 0; i < 2; i++) {
		if (!is_reported(judge, role, pairs[i][0]) ||
		    !is_reported(judge, role, pairs[i][1]))
			continue;
		*ms = (int64_t)judge->reported[role]->field[pairs[i][0]].ms -
		      (int64_t)judge->reported[role]->field[pairs[i][1]].ms;
		return true;
	}
	return false;
}

static struct verdict judge_field(const struct judge *judge, enum role role,
				  enum reported_field field)
{
	struct verdict verdict = {
		.role = role,
		.field = field,
		.is_there = is_reported(judge, role, field),
		.truth = truth_of(judge, role, field),
	};
	struct judge own = *judge;

	own.late_ns = 0;

	if (verdict.is_there)
		verdict.ms = (int64_t)judge->reported[role]->field[field].ms;
	if (field == REPORTED_DELTA)
		verdict.is_there = delta_get(judge, role, &verdict.ms);
	if (verdict.is_there)
		judge_present(ends_on_destination(judge, role, field) ? judge : &own, &verdict);
	else
		judge_missing(judge, &verdict);
	return verdict;
}

/* Of a job that did not complete libvirt has nothing to say; what it says is of another. */
static struct verdict judge_stale(const struct judge *judge, enum role role,
				  enum reported_field field, const char *why)
{
	return (struct verdict){
		.role = role,
		.field = field,
		.is_there = true,
		.ms = (int64_t)judge->reported[role]->field[field].ms,
		.truth = quantity_unknown("the migration did not complete"),
		.kind = VERDICT_STALE,
		.explanation = why,
	};
}

/* Of a job in the other direction, which was before, nothing is to be said here. */
static bool is_of_role(const struct reported *reported, enum role role)
{
	return !reported->operation ||
	       reported->operation ==
		       (role == ROLE_SOURCE ? JOB_OPERATION_OUTGOING : JOB_OPERATION_INCOMING);
}

/* Whether libvirt said the very same of an earlier job: then it means that one. */
static bool was_said_before(const struct side *side, const struct reported *reported)
{
	const struct job_stats *job = side ? side_job_stats(side) : NULL, *at;

	for (size_t i = 0; job && (at = &side->recording->job_stats[i]) < job; i++)
		if (at->end_ns < (int64_t)side->events[0]->ktime_ns && at->pid == job->pid &&
		    !memcmp(at->uuid, job->uuid, MT_UUID) &&
		    at->reported.operation == reported->operation &&
		    !memcmp(at->reported.field, reported->field, sizeof(reported->field)))
			return true;
	return false;
}

/* A destination that never heard of the failure has completed, as far as it can know. */
bool completed_on(const struct migration *migration, enum role role)
{
	const struct mt_event *exit, *finish;

	if (role == ROLE_SOURCE || !migration->destination)
		return false;
	finish = side_call(migration->destination, MT_FINISH, &exit);
	return finish && !finish->finish.is_cancelled && exit && exit->result.has_succeeded;
}

static void judge_stales(const struct judge *judge, const char *why, struct verdicts *verdicts)
{
	for (int role = ROLE_SOURCE; role <= ROLE_DESTINATION; role++)
		for (int field = 0; field < REPORTED_DELTA; field++)
			if (judge->reported[role]->type == JOB_COMPLETED &&
			    !completed_on(judge->migration, (enum role)role) &&
			    is_of_role(judge->reported[role], (enum role)role) &&
			    !was_said_before(role == ROLE_SOURCE ? judge->migration->source
								 : judge->migration->destination,
					     judge->reported[role]) &&
			    is_reported(judge, (enum role)role, (enum reported_field)field))
				verdicts->verdict[verdicts->count++] = judge_stale(
					judge, (enum role)role, (enum reported_field)field, why);
}

static struct quantity wall_bias(const struct side *side, const struct instant *at,
				 const struct stated *stated)
{
	int64_t real_ns;

	if (!at->known || !stated->known || !stated->ms || !side->recording->snapshot_count)
		return quantity_unknown("not recorded");
	real_ns = stated->ms * MS - recording_real_ns(side->recording, at->ns);
	return quantity_between(real_ns - at->late_ns - LOOK_NS, real_ns + MS + LOOK_NS,
				"the recorder's looks at the clocks");
}

static void step_find(const struct statistics *sent, const struct stated *stated,
		      const struct side *source, const struct instant *at, bool *has, int64_t *ns)
{
	*has = at->known && !at->late_ns && source->sent.known && sent->sent.known &&
	       stated->known && stated->ms;
	if (*has)
		*ns = (sent->sent.ms - stated->ms) * MS - (source->sent.ns - at->ns);
	if (*ns <= ROUNDING_NS && *ns >= -ROUNDING_NS)
		*ns = 0;
}

static struct quantity theta_of(const struct statistics *answered, const struct quantity *transfer)
{
	int64_t delta_ns = answered->delta.ms * MS;

	if (!answered->delta.known || !transfer->known)
		return quantity_unknown("libvirt's delta was not recorded");
	return quantity_between(delta_ns - MS - transfer->hi_ns, delta_ns + MS - transfer->lo_ns,
				"libvirt's delta, less the transfer");
}

/* Of the recorders' wall clocks when the guest was handed over. */
static struct quantity hosts_of(const struct migration *migration, const struct figures *figures)
{
	const struct side *source = migration->source, *destination = migration->destination;
	const struct quantity *transfer = &figures->transfer;
	int64_t apart;

	if (!transfer->known || !source->recording->snapshot_count ||
	    !destination->recording->snapshot_count)
		return quantity_unknown("not recorded");
	apart = recording_real_ns(destination->recording, destination->received.ns) -
		recording_real_ns(source->recording, source->sent.ns);
	return quantity_between(apart - transfer->hi_ns - LOOK_NS,
				apart - transfer->lo_ns + LOOK_NS,
				"the recorders' looks at the clocks");
}

struct inputs inputs_of(const struct migration *migration, const struct figures *figures)
{
	const struct side *source = migration->source, *destination = migration->destination;
	struct statistics sent = statistics_sent(source),
			  answered = statistics_answered(destination);
	struct stated received = {answered.delta.known && answered.sent.known,
				  answered.sent.ms + answered.delta.ms};
	struct inputs inputs = {
		.theta = theta_of(&answered, &figures->transfer),
		.started = wall_bias(source, &source->start, &sent.started),
		.stopped = wall_bias(source, &source->stopped, &sent.stopped),
		.sent = wall_bias(source, &source->sent, &sent.sent),
		.received = wall_bias(destination, &destination->received, &received),
		.hosts = hosts_of(migration, figures),
	};

	step_find(&sent, &sent.started, source, &source->start, &inputs.has_start_step,
		  &inputs.start_step_ns);
	step_find(&sent, &sent.stopped, source, &source->stopped, &inputs.has_stop_step,
		  &inputs.stop_step_ns);
	inputs.has_no_stop = sent.stopped.known && !sent.stopped.ms && source->stopped.known;
	inputs.was_future = sent.stopped.known && sent.stopped.ms && answered.stopped.known &&
			    !answered.stopped.ms;
	return inputs;
}

bool verdict_is_wrong(enum verdict_kind kind)
{
	static const bool wrong[VERDICT_KINDS] = {
		[VERDICT_SKEWED] = true, [VERDICT_PARTIAL] = true,     [VERDICT_MISSING] = true,
		[VERDICT_STALE] = true,	 [VERDICT_UNEXPLAINED] = true, [VERDICT_WRONG] = true,
	};

	return wrong[kind];
}

const char *verdict_definition(enum role role, enum reported_field field)
{
	static const char *const texts[REPORTED_FIELDS] = {
		[REPORTED_DOWNTIME] = "from when the source's daemon handled STOP until the "
				      "destination's has started the CPUs, by both wall clocks",
		[REPORTED_DOWNTIME_NET] = "downtime less delta, if that is less than downtime",
		[REPORTED_ELAPSED] = "from the job's start on the source until the destination's "
				     "daemon has started the CPUs, by both wall clocks",
		[REPORTED_ELAPSED_NET] =
			"time_elapsed less delta, if that is less than time_elapsed",
		[REPORTED_SETUP] = "QEMU's own: how long its migration thread set up",
		[REPORTED_DELTA] = "from the source's hand-over until the destination's Finish, by "
				   "both wall clocks; negative if the destination's is behind",
	};

	if (role == ROLE_SOURCE && field == REPORTED_ELAPSED)
		return "from the job's start until its end, by the source's wall clock";
	return texts[field];
}

static bool are_ms_near(int64_t a, int64_t b)
{
	return a - b <= 2 && b - a <= 2;
}

/* On the destination both figures end at one instant: their difference is the source's alone. */
static enum identity destination_identity(const struct migration *migration,
					  const struct reported *reported)
{
	const struct side *source = migration->source;
	struct statistics sent = statistics_sent(source);
	int64_t apart = (int64_t)reported->field[REPORTED_ELAPSED].ms -
			(int64_t)reported->field[REPORTED_DOWNTIME].ms;

	if (!reported->field[REPORTED_ELAPSED].known || !reported->field[REPORTED_DOWNTIME].known)
		return IDENTITY_UNKNOWN;
	if (sent.started.known && sent.stopped.known && sent.stopped.ms)
		return are_ms_near(apart, sent.stopped.ms - sent.started.ms) ? IDENTITY_FITS
									     : IDENTITY_OTHER;
	if (!source->start.known || !source->stopped.known || source->stopped.late_ns)
		return IDENTITY_UNKNOWN;
	return are_ms_near(apart, (source->stopped.ns - source->start.ns) / MS) ? IDENTITY_FITS
										: IDENTITY_UNKNOWN;
}

static enum identity source_identity(const struct judge *judge)
{
	struct quantity elapsed = source_elapsed(judge);
	int64_t delta_ms = 0;

	if (delta_get(judge, ROLE_SOURCE, &delta_ms) && judge->answered.delta.known &&
	    !are_ms_near(delta_ms, judge->answered.delta.ms))
		return IDENTITY_OTHER;
	if (!elapsed.known || !is_reported(judge, ROLE_SOURCE, REPORTED_ELAPSED))
		return IDENTITY_UNKNOWN;
	return is_near(judge, reported_ns(judge, ROLE_SOURCE, REPORTED_ELAPSED), &elapsed,
		       judge->inputs.start_step_ns)
		       ? IDENTITY_FITS
		       : IDENTITY_OTHER;
}

enum identity reported_identity(const struct migration *migration, const struct figures *figures,
				enum role role, const struct reported *reported)
{
	struct judge judge = {
		.migration = migration,
		.figures = figures,
		.reported = {reported, reported},
		.tolerance_ns = ROUNDING_NS,
	};

	if (!is_of_role(reported, role))
		return IDENTITY_OTHER;
	if (!migration->source || !migration->destination ||
	    migration_is_postcopy(migration) == ANSWER_YES)
		return IDENTITY_UNKNOWN;
	judge.inputs = inputs_of(migration, figures);
	judge.answered = statistics_answered(migration->destination);
	return role == ROLE_SOURCE ? source_identity(&judge)
				   : destination_identity(migration, reported);
}

/* Where libvirt has no numbers at all it may have been asked too late: the next job had begun. */
static bool can_judge(const struct judge *judge, enum role role)
{
	const struct reported *reported = judge->reported[role];

	return reported->is_given && is_of_role(reported, role) &&
	       (reported->type != JOB_NONE ||
		migration_is_postcopy(judge->migration) == ANSWER_YES);
}

/* Of what did not complete, or did not run, libvirt says nothing that could be compared. */
struct verdicts verdicts_of(const struct migration *migration, const struct figures *figures,
			    const struct reported *source, const struct reported *destination,
			    int64_t tolerance_ns)
{
	struct judge judge = {
		.migration = migration,
		.figures = figures,
		.reported = {[ROLE_SOURCE] = source, [ROLE_DESTINATION] = destination},
		.tolerance_ns = tolerance_ns > ROUNDING_NS ? tolerance_ns : ROUNDING_NS,
	};
	enum outcome outcome = migration_outcome(migration);
	struct verdicts verdicts = {.count = 0};

	if (outcome == OUTCOME_FAILED || outcome == OUTCOME_CANCELLED)
		judge_stales(&judge, "said to be complete, or of another job", &verdicts);
	if (!migration->source || !migration->destination || !figures->transfer.known ||
	    outcome != OUTCOME_COMPLETED)
		return verdicts;
	judge.late_ns = stamp_is_late_ns(migration->destination);
	verdicts.inputs = judge.inputs = inputs_of(migration, figures);
	judge.answered = statistics_answered(migration->destination);
	judge.has_partial = partial_find(&judge);
	if (!judge.has_partial || judge.inputs.theta.known)
		judge.skew = skew_find(&judge);
	verdicts.has_skew = judge.skew.known;
	verdicts.skew_ns = judge.skew.ns - judge.skew.late_ns;
	for (int role = ROLE_SOURCE; role <= ROLE_DESTINATION; role++)
		for (int field = 0; field < REPORTED_FIELDS && can_judge(&judge, (enum role)role);
		     field++)
			verdicts.verdict[verdicts.count++] =
				judge_field(&judge, (enum role)role, (enum reported_field)field);
	return verdicts;
}
