/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why libvirt reports a number, or none: ordered hypotheses, of which the first
 * that fits counts. */
#include "core/verdict/hypothesis.h"

#include <assert.h>

#include "core/verdict/stamps.h"

static struct quantity predict_truth(const struct claim *claim)
{
	return claim->truth;
}

/* By libvirt's formula, of the stamps as it had them. */
static struct quantity predict_by_stamps(const struct claim *claim)
{
	return quantity_shifted(&claim->truth, formula_error_ns(claim->formula, claim->error_ns));
}

static bool is_truth_unknown(const struct claim *claim)
{
	return !claim->truth.known;
}

/*
 * In post-copy libvirt takes the source's downtime from QEMU, which knows its own side only
 * (qemu_migration.c: qemuMigrationSrcConfirmPhase). The destination's, which are there where all
 * pages had come before Finish looked, are libvirt's own.
 */
static bool is_postcopy_downtime(const struct claim *claim)
{
	return claim->is_postcopy && claim->role == ROLE_SOURCE &&
	       claim->formula->from == STAMP_STOPPED;
}

/* By how much more time passed on the source's wall clock. */
static int64_t source_step_ns(const struct claim *claim)
{
	assert(claim->formula->from < STAMPS);
	return -claim->error_ns[claim->formula->from];
}

/* Too little time, and all of it at the first stamp. */
static bool is_source_late(const struct claim *claim)
{
	return source_step_ns(claim) < -claim->tolerance_ns && claim->is_sent_right;
}

static bool is_source_stepped(const struct claim *claim)
{
	return source_step_ns(claim) < -claim->tolerance_ns ||
	       source_step_ns(claim) > claim->tolerance_ns;
}

static bool is_received_late(const struct claim *claim)
{
	return claim->received_late_ns && formula_has_delta(claim->formula);
}

static bool is_less_delta(const struct claim *claim)
{
	return claim->formula->is_less_delta;
}

/* qemuDomainJobDataUpdateDowntime(), ..UpdateTime(): "stopped in the future", "starts in the
 * future": what the source's cookie had is kept. */
static bool is_partial(const struct claim *claim)
{
	return claim->has_partial && claim->formula->to == STAMP_DONE &&
	       !claim->formula->is_less_delta;
}

/* qemu_process.c: qemuProcessHandleStop() stamps no STOP of a guest that is paused already. */
static bool is_unstamped_downtime(const struct claim *claim)
{
	return claim->has_no_stop && claim->formula->from == STAMP_STOPPED;
}

static bool is_absurd(const struct claim *claim)
{
	return claim->is_absurd;
}

static bool is_too_old(const struct claim *claim)
{
	return claim->version && claim->version < claim->formula->since;
}

/* qemu_migration.c: qemuMigrationDstComplete */
static bool is_deleted(const struct claim *claim)
{
	return claim->is_postcopy && claim->role == ROLE_DESTINATION && claim->has_no_job;
}

static bool is_setup_of_no_job(const struct claim *claim)
{
	return claim->formula->field == REPORTED_SETUP && claim->has_no_job;
}

/* Of a partial number there is no net one, either: the delta is negative. */
static bool is_delta_negative(const struct claim *claim)
{
	return claim->formula->is_less_delta &&
	       (claim->has_partial || (claim->has_delta && claim->delta_ns < ROUNDING_NS));
}

static bool is_delta_the_whole(const struct claim *claim)
{
	return claim->formula->is_less_delta && claim->has_delta && claim->has_whole &&
	       claim->delta_ns + ROUNDING_NS > claim->whole_ns;
}

/* qemuMigrationDstFinish: of a recovery, the cookie that it gives back has no job's numbers. */
static bool is_recoverys_delta(const struct claim *claim)
{
	return claim->is_recovery && formula_has_delta(claim->formula);
}

static bool is_delta(const struct claim *claim)
{
	return claim->formula->field == REPORTED_DELTA;
}

/* The functions named above are libvirt's; that delta is left out is in
 * qemuDomainMigrationJobDataToParams(), which compares it without its sign. */
const struct hypothesis hypotheses[] = {
	{true, is_truth_unknown, NULL, VERDICT_UNKNOWN, NULL},
	{true, NULL, predict_truth, VERDICT_AGREES, "within libvirt's rounding"},
	{true, is_postcopy_downtime, NULL, VERDICT_OTHER,
	 "of a post-copy migration: QEMU's own number"},
	{true, is_source_late, predict_by_stamps, VERDICT_SKEWED,
	 "libvirt took its time stamp late"},
	{true, is_source_stepped, predict_by_stamps, VERDICT_SKEWED,
	 "the source's wall clock was set meanwhile"},
	{true, is_received_late, predict_by_stamps, VERDICT_SKEWED,
	 "libvirt took the hand-over's time stamp late"},
	{true, is_less_delta, predict_by_stamps, VERDICT_SKEWED,
	 "the wall clocks' offset is subtracted"},
	{true, NULL, predict_by_stamps, VERDICT_SKEWED, "off by the wall clocks' offset"},
	{true, is_partial, NULL, VERDICT_PARTIAL, "source's part only: the other clock is behind"},
	{true, is_unstamped_downtime, NULL, VERDICT_WRONG,
	 "QEMU's number, as libvirt missed the STOP"},
	{true, NULL, NULL, VERDICT_UNEXPLAINED, "differs from the measurement, cause unknown"},

	{false, is_absurd, NULL, VERDICT_WRONG, "libvirt's value is not a duration"},
	{false, is_too_old, NULL, VERDICT_OTHER, "libvirt has it since 1.2.15 only"},
	{false, is_deleted, NULL, VERDICT_OTHER, "a destination's are deleted after post-copy"},
	{false, is_setup_of_no_job, NULL, VERDICT_OTHER, "libvirt does not report it"},
	{false, is_delta_negative, NULL, VERDICT_MISSING,
	 "left out: the destination's clock is behind"},
	{false, is_delta_the_whole, NULL, VERDICT_MISSING,
	 "left out: the destination's clock is ahead"},
	{false, is_recoverys_delta, NULL, VERDICT_OTHER, "a recovery brings libvirt no delta"},
	{false, is_delta, NULL, VERDICT_UNKNOWN, "neither recorded nor derivable from its numbers"},
	{false, is_truth_unknown, NULL, VERDICT_UNKNOWN, NULL},
	{false, NULL, NULL, VERDICT_UNEXPLAINED, "libvirt does not report it"},
};

const size_t hypothesis_count = sizeof(hypotheses) / sizeof(hypotheses[0]);

bool hypothesis_fits(const struct hypothesis *hypothesis, const struct claim *claim)
{
	struct quantity predicted;

	if (hypothesis->is_reported != claim->is_reported ||
	    (hypothesis->applies && !hypothesis->applies(claim)))
		return false;
	if (!hypothesis->predict)
		return true;
	predicted = hypothesis->predict(claim);
	return quantity_is_near(&predicted, claim->ns, claim->tolerance_ns,
				claim->tolerance_ns + claim->late_ns);
}

const struct hypothesis *hypothesis_of(const struct claim *claim)
{
	const struct hypothesis *hypothesis = hypotheses;

	while (!hypothesis_fits(hypothesis, claim)) {
		hypothesis++;
		assert(hypothesis < hypotheses + hypothesis_count);
	}
	assert(hypothesis->kind < VERDICT_KINDS);
	return hypothesis;
}
