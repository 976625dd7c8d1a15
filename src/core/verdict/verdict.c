/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether libvirt's own numbers of a migration are right, and if not, why. */
#include "core/verdict/verdict.h"

#include <assert.h>

#include "core/match/flavour.h"
#include "core/match/outcome.h"
#include "core/standstill/across.h"

#define MS 1000000

/* All that is known of one migration's numbers. */
struct assessment {
	const struct migration *migration;
	const struct figures *figures;
	const struct reported *reported[2]; /* by enum role */
	struct libvirt_stamps stamps;
	int64_t tolerance_ns, done_late_ns;
	bool has_partial;
	struct opt_i64 offset_ns; /* of the wall clocks, as libvirt's numbers have it */
	int64_t error_ns[STAMPS];
};

/*
 * A destination that is behind by more than the downtime keeps what the source's cookie said, up to
 * its hand-over (qemu_domainjob.c: "stopped in the future"), and has no net figures.
 */
static bool partial_find(const struct assessment *assessment)
{
	const struct side *source = assessment->migration->source;
	const struct reported *reported = assessment->reported[ROLE_DESTINATION];
	struct quantity part;
	int64_t ms, net_ms;

	if (assessment->stamps.was_future)
		return true;
	if (!source->src.stopped.known || !reported_ms(reported, REPORTED_DOWNTIME, &ms) ||
	    reported_ms(reported, REPORTED_DOWNTIME_NET, &net_ms))
		return false;
	part = span_of_instants(&source->src.stopped.i, &source->src.sent.i, "one clock");
	return quantity_is_near(&part, ms * MS, assessment->tolerance_ns,
				assessment->tolerance_ns + assessment->done_late_ns);
}

/*
 * The cookie shows by how much libvirt has the clocks wrong; else both of the destination's figures
 * are wrong by the same if it is the clocks.
 */
static struct opt_i64 offset_find(const struct assessment *assessment)
{
	const struct figures *figures = assessment->figures;
	const struct reported *reported = assessment->reported[ROLE_DESTINATION];
	const struct quantity *in_delta = &assessment->stamps.offset_in_delta;
	const struct opt_i64 unknown = {.known = false};
	int64_t downtime_ms, elapsed_ms, other_ns;

	if (in_delta->known)
		return opt_of(in_delta->est_ns);
	if (assessment->has_partial || !figures->downtime.known || !figures->elapsed.known ||
	    !reported_ms(reported, REPORTED_DOWNTIME, &downtime_ms) ||
	    !reported_ms(reported, REPORTED_ELAPSED, &elapsed_ms))
		return unknown;
	other_ns = elapsed_ms * MS - figures->elapsed.est_ns;
	if (downtime_ms * MS - figures->downtime.est_ns - other_ns > 2 * ROUNDING_NS ||
	    other_ns - downtime_ms * MS + figures->downtime.est_ns > 2 * ROUNDING_NS)
		return unknown;
	return opt_of(downtime_ms * MS - figures->downtime.est_ns);
}

static struct assessment assessment_of(const struct migration *migration,
				       const struct figures *figures, const struct reported *source,
				       const struct reported *destination, int64_t tolerance_ns)
{
	struct assessment assessment = {
		.migration = migration,
		.figures = figures,
		.reported = {[ROLE_SOURCE] = source, [ROLE_DESTINATION] = destination},
		.stamps = libvirt_stamps_of(migration, figures),
		.tolerance_ns = tolerance_ns > ROUNDING_NS ? tolerance_ns : ROUNDING_NS,
		.done_late_ns = done_late_ns(migration->destination),
	};

	assert(assessment.done_late_ns >= 0 && assessment.tolerance_ns >= ROUNDING_NS);
	assessment.has_partial = partial_find(&assessment);
	assessment.offset_ns = offset_find(&assessment);
	stamp_errors_set(&assessment.stamps, opt_or(assessment.offset_ns, 0), assessment.error_ns);
	return assessment;
}

/* The destination's cookie has delta; and each side has subtracted it. */
static bool number_get(const struct assessment *assessment, enum role role,
		       enum reported_field field, int64_t *ms)
{
	if (field != REPORTED_DELTA)
		return reported_ms(assessment->reported[role], field, ms);
	if (role == ROLE_SOURCE || !assessment->stamps.delta.known)
		return reported_delta_ms(assessment->reported[role], ms);
	*ms = assessment->stamps.delta.v;
	return true;
}

static struct claim claim_of(const struct assessment *assessment, enum role role,
			     enum reported_field field)
{
	const struct reported *reported = assessment->reported[role];
	const struct formula *formula = formula_of(field, role, reported->version);
	const struct quantity *sent_error = &assessment->stamps.sent_error;
	enum reported_field whole =
		field == REPORTED_DOWNTIME_NET ? REPORTED_DOWNTIME : REPORTED_ELAPSED;
	int64_t ms = 0, whole_ms = 0;
	struct claim claim = {
		.formula = formula,
		.role = role,
		.version = reported->version,
		.is_reported = number_get(assessment, role, field, &ms),
		.truth = formula->truth(assessment->migration, assessment->figures),
		.tolerance_ns = assessment->tolerance_ns,
		.late_ns = formula->to == STAMP_DONE ? assessment->done_late_ns : 0,
		.received_late_ns = assessment->stamps.received_late_ns,
		.is_sent_right = sent_error->known &&
				 sent_error->est_ns < assessment->tolerance_ns &&
				 sent_error->est_ns > -assessment->tolerance_ns,
		.has_no_stop = assessment->stamps.has_no_stop,
		.has_partial = assessment->has_partial,
		.is_postcopy = migration_is_postcopy(assessment->migration) == ANSWER_YES,
		.is_recovery = migration_is_recovery(assessment->migration) == ANSWER_YES,
		.has_no_job = reported->type == JOB_NONE,
		.is_absurd = reported->is_absurd[field],
		.has_delta = assessment->offset_ns.known,
		.delta_ns = opt_or(assessment->offset_ns, 0) + assessment->figures->transfer.est_ns,
		.has_whole = reported_ms(reported, whole, &whole_ms),
	};

	assert(field < REPORTED_FIELDS && formula->to < STAMPS);
	claim.ns = ms * MS;
	claim.whole_ns = whole_ms * MS;
	for (int stamp = 0; stamp < STAMPS; stamp++)
		claim.error_ns[stamp] = assessment->error_ns[stamp];
	return claim;
}

static struct verdict verdict_of(const struct assessment *assessment, enum role role,
				 enum reported_field field)
{
	struct claim claim = claim_of(assessment, role, field);
	const struct hypothesis *hypothesis = hypothesis_of(&claim);

	assert(claim.formula->field == field);
	assert(hypothesis->words || !claim.truth.known);
	return (struct verdict){
		.role = role,
		.field = field,
		.is_there = claim.is_reported,
		.ms = claim.ns / MS,
		.truth = claim.truth,
		.kind = hypothesis->kind,
		.explanation = hypothesis->words ? hypothesis->words : claim.truth.why_unknown,
	};
}

/* Where libvirt has no numbers at all it may have been asked too late: the next job had begun. */
static bool can_judge(const struct migration *migration, enum role role,
		      const struct reported *reported)
{
	return reported->is_given && reported_is_of_role(reported, role) &&
	       (reported->type != JOB_NONE || migration_is_postcopy(migration) == ANSWER_YES);
}

/* Of a job that did not complete libvirt has nothing to say; what it says is of another. */
static void stale_add(struct verdicts *verdicts, const struct migration *migration, enum role role,
		      const struct reported *reported)
{
	const struct side *side = role == ROLE_SOURCE ? migration->source : migration->destination;
	int64_t ms;

	if (reported->type != JOB_COMPLETED || completed_on(migration, role) ||
	    !reported_is_of_role(reported, role) || reported_is_of_earlier(reported, side))
		return;
	for (int field = 0; field < REPORTED_DELTA; field++)
		if (reported_ms(reported, (enum reported_field)field, &ms))
			verdicts->verdict[verdicts->count++] = (struct verdict){
				.role = role,
				.field = (enum reported_field)field,
				.is_there = true,
				.ms = ms,
				.truth = quantity_unknown("the migration did not complete"),
				.kind = VERDICT_STALE,
				.explanation = "reported as completed, or of another job",
			};
}

struct verdicts verdicts_of(const struct migration *migration, const struct figures *figures,
			    const struct reported *source, const struct reported *destination,
			    int64_t tolerance_ns)
{
	enum outcome outcome = migration_outcome(migration);
	struct verdicts verdicts = {.count = 0};
	struct assessment assessment;

	if (outcome_has_not_worked(outcome)) {
		stale_add(&verdicts, migration, ROLE_SOURCE, source);
		stale_add(&verdicts, migration, ROLE_DESTINATION, destination);
	}
	if (!migration->source || !migration->destination || !figures->transfer.known ||
	    outcome != OUTCOME_COMPLETED)
		return verdicts;
	assert(!verdicts.count);
	assessment = assessment_of(migration, figures, source, destination, tolerance_ns);
	verdicts.stamps = assessment.stamps;
	if (assessment.offset_ns.known)
		verdicts.skew_ns =
			opt_of(assessment.offset_ns.v - assessment.stamps.received_late_ns);
	for (int role = ROLE_SOURCE; role <= ROLE_DESTINATION; role++)
		for (int field = 0; field < REPORTED_FIELDS; field++)
			if (can_judge(migration, (enum role)role, assessment.reported[role]))
				verdicts.verdict[verdicts.count++] = verdict_of(
					&assessment, (enum role)role, (enum reported_field)field);
	assert(verdicts.count <= VERDICTS_MAX);
	return verdicts;
}

const char *verdict_definition(enum role role, enum reported_field field)
{
	return formula_of(field, role, 0)->definition;
}

bool verdict_is_wrong(enum verdict_kind kind)
{
	static const bool wrong[VERDICT_KINDS] = {
		[VERDICT_SKEWED] = true, [VERDICT_PARTIAL] = true,     [VERDICT_MISSING] = true,
		[VERDICT_STALE] = true,	 [VERDICT_UNEXPLAINED] = true, [VERDICT_WRONG] = true,
	};

	assert(kind < VERDICT_KINDS);
	return wrong[kind];
}

size_t verdicts_of_kind(const struct verdicts *verdicts, enum verdict_kind kind)
{
	size_t count = 0;

	assert(verdicts->count <= VERDICTS_MAX);
	for (size_t i = 0; i < verdicts->count; i++)
		count += verdicts->verdict[i].kind == kind;
	return count;
}

bool verdicts_show_skew(const struct verdicts *verdicts)
{
	return opt_or(verdicts->skew_ns, 0) / 1000000 && verdicts_of_kind(verdicts, VERDICT_SKEWED);
}
