/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether libvirt's own numbers of a migration are right, and if not, why. */
#include "core/verdict.h"

#include "core/outcome.h"

#define MS 1000000
/* libvirt cuts each of its stamps to ms; a net figure has four of them. */
#define ROUNDING_NS (2 * MS)

/* By how much the destination's wall clock is ahead, as libvirt's numbers themselves show. */
struct skew {
	bool known;
	int64_t ns;
};

struct judge {
	const struct migration *migration;
	const struct figures *figures;
	const struct reported *reported[2]; /* by enum side */
	struct skew skew;
	bool has_partial; /* the destination says no more than what the source did */
	int64_t late_ns;  /* libvirt's last stamp may come that much after what it stamps */
};

static int64_t reported_ns(const struct judge *judge, enum side side, enum reported_field field)
{
	return (int64_t)judge->reported[side]->field[field].ms * MS;
}

static bool is_reported(const struct judge *judge, enum side side, enum reported_field field)
{
	return judge->reported[side]->field[field].known &&
	       judge->reported[side]->field[field].ms < INT64_MAX / MS;
}

/* Before it formats the next cookie it has stamped. */
static int64_t stamp_is_late_ns(const struct half *destination)
{
	const struct mt_event *next =
		half_first(destination, MT_COOKIE_FORMAT, MT_ENTER, destination->done.ns);

	return next ? (int64_t)next->ktime_ns - destination->done.ns : 0;
}

static bool is_near(const struct judge *judge, int64_t ns, const struct quantity *quantity,
		    int64_t plus_ns)
{
	return quantity->known && ns >= quantity->lo_ns + plus_ns - ROUNDING_NS &&
	       ns <= quantity->hi_ns + plus_ns + ROUNDING_NS + judge->late_ns;
}

/* Both of the destination's figures are wrong by the same if it is the clocks. */
static struct skew skew_find(const struct judge *judge)
{
	const struct figures *figures = judge->figures;
	int64_t ns, other;

	if (!figures->downtime.known || !figures->elapsed.known ||
	    !is_reported(judge, SIDE_DESTINATION, REPORTED_DOWNTIME) ||
	    !is_reported(judge, SIDE_DESTINATION, REPORTED_ELAPSED))
		return (struct skew){false, 0};
	ns = reported_ns(judge, SIDE_DESTINATION, REPORTED_DOWNTIME) - figures->downtime.est_ns;
	other = reported_ns(judge, SIDE_DESTINATION, REPORTED_ELAPSED) - figures->elapsed.est_ns;
	if (ns - other > 2 * ROUNDING_NS || other - ns > 2 * ROUNDING_NS)
		return (struct skew){false, 0};
	return (struct skew){true, ns};
}

/*
 * A destination that is behind by more than the downtime keeps what the source's cookie said, up to
 * its hand-over (domainjob.c: "stopped in the future"), and has no net figures.
 */
static bool partial_find(const struct judge *judge)
{
	const struct half *source = judge->migration->source;
	struct quantity part;

	if (!source->stopped.known || !is_reported(judge, SIDE_DESTINATION, REPORTED_DOWNTIME) ||
	    is_reported(judge, SIDE_DESTINATION, REPORTED_DOWNTIME_NET))
		return false;
	part = quantity_exact(source->sent.ns - source->stopped.ns, "one clock");
	return is_near(judge, reported_ns(judge, SIDE_DESTINATION, REPORTED_DOWNTIME), &part, 0);
}

/* The source's elapsed ends when it has completed, on its own clock. */
static struct quantity source_elapsed(const struct judge *judge)
{
	const struct half *source = judge->migration->source;
	const struct mt_event *complete = half_first(source, MT_COMPLETE, MT_ENTER, 0);

	if (!complete || !source->start.known)
		return quantity_unknown("the source's end of the job was not seen");
	return quantity_exact((int64_t)complete->ktime_ns - source->start.ns, "one clock");
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

static struct quantity truth_of(const struct judge *judge, enum side side,
				enum reported_field field)
{
	const struct figures *figures = judge->figures;

	switch (field) {
	case REPORTED_DOWNTIME:
		return figures->downtime;
	case REPORTED_DOWNTIME_NET:
		return figures->downtime_net;
	case REPORTED_ELAPSED:
		return side == SIDE_SOURCE ? source_elapsed(judge) : figures->elapsed;
	default:
		return side == SIDE_SOURCE ? source_elapsed_net(judge) : figures->elapsed_net;
	}
}

/* By which multiple of the skew libvirt's formula is off for that field. */
static int skew_factor(enum side side, enum reported_field field)
{
	if (field == REPORTED_DOWNTIME)
		return 1;
	if (field == REPORTED_ELAPSED)
		return side == SIDE_DESTINATION;
	return field == REPORTED_ELAPSED_NET && side == SIDE_SOURCE ? -1 : 0;
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
		return "left out, as the destination's wall clock is behind";
	if (judge->skew.known && is_reported(judge, verdict->side, whole) &&
	    hand_over_ns + ROUNDING_NS > reported_ns(judge, verdict->side, whole))
		return "left out, as the destination's wall clock is so far ahead";
	return NULL;
}

static void judge_missing(const struct judge *judge, struct verdict *verdict)
{
	const char *why = why_missing(judge, verdict);

	if (why)
		conclude(verdict, VERDICT_MISSING, why);
	else
		conclude(verdict, VERDICT_UNEXPLAINED, "libvirt does not say it");
}

static void judge_present(const struct judge *judge, struct verdict *verdict)
{
	struct quantity truth = truth_of(judge, verdict->side, verdict->field);
	int factor = skew_factor(verdict->side, verdict->field);
	int64_t ns = verdict->ms * MS;

	if (!truth.known)
		conclude(verdict, VERDICT_UNKNOWN, truth.why_unknown);
	else if (is_near(judge, ns, &truth, 0))
		conclude(verdict, VERDICT_AGREES, "within libvirt's rounding");
	else if (migration_is_postcopy(judge->migration) == ANSWER_YES)
		conclude(verdict, VERDICT_OTHER, "of a post-copy migration: QEMU's own number");
	else if (judge->has_partial && factor > 0)
		conclude(verdict, VERDICT_PARTIAL,
			 "the source's part only, as the destination's wall clock is behind");
	else if (judge->skew.known && factor && is_near(judge, ns, &truth, factor * judge->skew.ns))
		conclude(verdict, VERDICT_SKEWED,
			 factor > 0 ? "off by the offset between the hosts' wall clocks"
				    : "the offset between the hosts' wall clocks is subtracted");
	else
		conclude(verdict, VERDICT_UNEXPLAINED, "not as it was measured");
}

static struct verdict judge_field(const struct judge *judge, enum side side,
				  enum reported_field field)
{
	struct verdict verdict = {
		.side = side,
		.field = field,
		.is_there = is_reported(judge, side, field),
	};

	if (verdict.is_there) {
		verdict.ms = (int64_t)judge->reported[side]->field[field].ms;
		judge_present(judge, &verdict);
	} else {
		judge_missing(judge, &verdict);
	}
	return verdict;
}

/* Of what did not complete, or did not run, libvirt says nothing that could be compared. */
struct verdicts verdicts_of(const struct migration *migration, const struct figures *figures,
			    const struct reported *source, const struct reported *destination)
{
	struct judge judge = {
		.migration = migration,
		.figures = figures,
		.reported = {[SIDE_SOURCE] = source, [SIDE_DESTINATION] = destination},
	};
	struct verdicts verdicts = {.count = 0};

	if (!migration->source || !migration->destination || !figures->transfer.known ||
	    migration_outcome(migration) != OUTCOME_COMPLETED)
		return verdicts;
	judge.late_ns = stamp_is_late_ns(migration->destination);
	judge.has_partial = partial_find(&judge);
	if (!judge.has_partial)
		judge.skew = skew_find(&judge);
	verdicts.has_skew = judge.skew.known;
	verdicts.skew_ns = judge.skew.ns;
	for (int side = SIDE_SOURCE; side <= SIDE_DESTINATION; side++)
		for (int field = 0; field < REPORTED_FIELDS && judge.reported[side]->is_given;
		     field++)
			verdicts.verdict[verdicts.count++] =
				judge_field(&judge, (enum side)side, (enum reported_field)field);
	return verdicts;
}
