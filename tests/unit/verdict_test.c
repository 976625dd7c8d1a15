/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libvirt's formulas over its stamps, and the hypotheses: which one explains a number, and before
 * which. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/verdict/hypothesis.h"
#include "core/verdict/stamps.h"

#define MS	     INT64_C(1000000)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { BEFORE_NET = 1002014, SOURCE_COPIES = 1003002, NEW = 9000000 };

static const struct {
	enum reported_field field;
	enum role role;
	uint64_t version;
	enum stamp from, to;
	bool is_less_delta;
} formula_cases[] = {
	{REPORTED_DOWNTIME, ROLE_SOURCE, NEW, STAMP_STOPPED, STAMP_DONE, false},
	{REPORTED_DOWNTIME, ROLE_DESTINATION, 0, STAMP_STOPPED, STAMP_DONE, false},
	{REPORTED_DOWNTIME_NET, ROLE_SOURCE, BEFORE_NET, STAMP_STOPPED, STAMP_DONE, true},
	{REPORTED_DOWNTIME_NET, ROLE_DESTINATION, NEW, STAMP_STOPPED, STAMP_DONE, true},
	{REPORTED_ELAPSED, ROLE_DESTINATION, NEW, STAMP_STARTED, STAMP_DONE, false},
	{REPORTED_ELAPSED, ROLE_DESTINATION, SOURCE_COPIES, STAMP_STARTED, STAMP_DONE, false},
	{REPORTED_ELAPSED, ROLE_SOURCE, SOURCE_COPIES, STAMP_STARTED, STAMP_DONE, false},
	{REPORTED_ELAPSED, ROLE_SOURCE, SOURCE_COPIES + 1, STAMP_STARTED, STAMP_COMPLETED, false},
	{REPORTED_ELAPSED, ROLE_SOURCE, 0, STAMP_STARTED, STAMP_COMPLETED, false},
	{REPORTED_ELAPSED_NET, ROLE_DESTINATION, 0, STAMP_STARTED, STAMP_DONE, true},
	{REPORTED_ELAPSED_NET, ROLE_SOURCE, BEFORE_NET, STAMP_STARTED, STAMP_DONE, true},
	{REPORTED_ELAPSED_NET, ROLE_SOURCE, SOURCE_COPIES, STAMP_STARTED, STAMP_DONE, true},
	{REPORTED_ELAPSED_NET, ROLE_SOURCE, NEW, STAMP_STARTED, STAMP_COMPLETED, true},
	{REPORTED_SETUP, ROLE_SOURCE, NEW, STAMP_NONE, STAMP_NONE, false},
	{REPORTED_SETUP, ROLE_DESTINATION, 0, STAMP_NONE, STAMP_NONE, false},
	{REPORTED_DELTA, ROLE_SOURCE, 0, STAMP_SENT, STAMP_RECEIVED, false},
	{REPORTED_DELTA, ROLE_DESTINATION, NEW, STAMP_SENT, STAMP_RECEIVED, false},
};

static void a_field_is_computed_as_that_side_and_version_do(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(formula_cases); i++) {
		const struct formula *formula = formula_of(
			formula_cases[i].field, formula_cases[i].role, formula_cases[i].version);

		if (formula->field != formula_cases[i].field ||
		    formula->from != formula_cases[i].from || formula->to != formula_cases[i].to ||
		    formula->is_less_delta != formula_cases[i].is_less_delta || !formula->truth)
			fail_msg("case %zu: %s by stamps %d to %d%s", i,
				 reported_name(formula->field), (int)formula->from,
				 (int)formula->to, formula->is_less_delta ? " less delta" : "");
	}
}

/* A formula's error is what libvirt computes of stamps that are off, less what it would of right
 * ones. */
static void a_formula_is_off_by_what_its_stamps_are(void **state)
{
	int64_t right[STAMPS], off[STAMPS], error[STAMPS];

	(void)state;
	srand(1);
	for (int round = 0; round < 1000; round++) {
		for (int stamp = 0; stamp < STAMPS; stamp++) {
			right[stamp] = rand() % 100000;
			error[stamp] = stamp == STAMP_NONE ? 0 : rand() % 20001 - 10000;
			off[stamp] = right[stamp] + error[stamp];
		}
		for (size_t i = 0; i < COUNT(formula_cases); i++) {
			const struct formula *formula =
				formula_of(formula_cases[i].field, formula_cases[i].role,
					   formula_cases[i].version);
			int64_t is = off[formula->to] - off[formula->from];
			int64_t was = right[formula->to] - right[formula->from];

			if (formula->is_less_delta) {
				is -= off[STAMP_RECEIVED] - off[STAMP_SENT];
				was -= right[STAMP_RECEIVED] - right[STAMP_SENT];
			}
			assert_int_equal(formula_error_ns(formula, error), is - was);
		}
	}
}

static void stamps_of_a_clock_that_is_off_are_off(void **state)
{
	const struct libvirt_stamps stamps = {
		.start_step_ns = 1, .stop_step_ns = 20, .received_late_ns = 300};
	const int64_t expected[STAMPS] = {
		[STAMP_STARTED] = -1,
		[STAMP_STOPPED] = -20,
		[STAMP_RECEIVED] = 4000,
		[STAMP_DONE] = 3700,
	};
	int64_t error[STAMPS];

	(void)state;
	stamp_errors_set(&stamps, 4000, error);
	assert_memory_equal(error, expected, sizeof(error));
}

/* What changes a claim: the truth is 100 ms, the tolerance 2 ms, unless it says otherwise. */
struct change {
	enum reported_field field;
	enum role role;
	bool is_source_copy; /* by a libvirt that has the destination's numbers on the source */
	bool is_reported;
	int64_t ms;
	bool is_truth_unknown;
	int64_t step_ms;   /* on the source's wall clock, from the first stamp */
	int64_t offset_ms; /* of the destination's wall clock */
	int64_t received_late_ms, done_late_ms;
	bool is_sent_right, has_no_stop, has_partial, is_postcopy, is_recovery, has_no_job,
		is_absurd;
	uint64_t version;
	bool has_delta;
	int64_t delta_ms;
	int64_t whole_ms; /* 0: not reported */
};

/* The hypothesis that explains it, and the one that would were it not there. */
static const struct {
	struct change change;
	enum verdict_kind kind;
	const char *words;
	enum verdict_kind next_kind;
	const char *next_words;
} cases[] = {
	{{.is_reported = true, .ms = 100, .is_truth_unknown = true, .is_postcopy = true},
	 VERDICT_UNKNOWN,
	 NULL,
	 VERDICT_OTHER,
	 "of a post-copy migration: QEMU's own number"},
	{{.is_reported = true, .ms = 98, .is_postcopy = true},
	 VERDICT_AGREES,
	 "within libvirt's rounding",
	 VERDICT_OTHER,
	 "of a post-copy migration: QEMU's own number"},
	{{.is_reported = true, .ms = 105, .done_late_ms = 3, .has_no_stop = true},
	 VERDICT_AGREES,
	 "within libvirt's rounding",
	 VERDICT_SKEWED,
	 "off by the wall clocks' offset"},
	{{.is_reported = true, .ms = 7400, .offset_ms = 7300, .is_postcopy = true},
	 VERDICT_OTHER,
	 "of a post-copy migration: QEMU's own number",
	 VERDICT_SKEWED,
	 "off by the wall clocks' offset"},
	{{.role = ROLE_DESTINATION,
	  .is_reported = true,
	  .ms = 7400,
	  .offset_ms = 7300,
	  .has_partial = true,
	  .is_postcopy = true},
	 VERDICT_SKEWED,
	 "off by the wall clocks' offset",
	 VERDICT_PARTIAL,
	 "source's part only: the other clock is behind"},
	{{.is_reported = true, .ms = 60, .step_ms = -40, .is_sent_right = true},
	 VERDICT_SKEWED,
	 "libvirt took its time stamp late",
	 VERDICT_SKEWED,
	 "the source's wall clock was set meanwhile"},
	{{.is_reported = true, .ms = 60, .step_ms = -40},
	 VERDICT_SKEWED,
	 "the source's wall clock was set meanwhile",
	 VERDICT_SKEWED,
	 "off by the wall clocks' offset"},
	{{.is_reported = true,
	  .ms = 140,
	  .step_ms = 40,
	  .is_sent_right = true,
	  .has_partial = true},
	 VERDICT_SKEWED,
	 "the source's wall clock was set meanwhile",
	 VERDICT_SKEWED,
	 "off by the wall clocks' offset"},
	{{.field = REPORTED_DOWNTIME_NET,
	  .is_reported = true,
	  .ms = 95,
	  .offset_ms = 5,
	  .received_late_ms = 5},
	 VERDICT_SKEWED,
	 "libvirt took the hand-over's time stamp late",
	 VERDICT_SKEWED,
	 "the wall clocks' offset is subtracted"},
	{{.field = REPORTED_DELTA,
	  .is_reported = true,
	  .ms = 105,
	  .offset_ms = 5,
	  .received_late_ms = 5},
	 VERDICT_SKEWED,
	 "libvirt took the hand-over's time stamp late",
	 VERDICT_SKEWED,
	 "off by the wall clocks' offset"},
	{{.field = REPORTED_ELAPSED_NET, .is_reported = true, .ms = 7400, .offset_ms = -7300},
	 VERDICT_SKEWED,
	 "the wall clocks' offset is subtracted",
	 VERDICT_SKEWED,
	 "off by the wall clocks' offset"},
	{{.is_reported = true, .ms = 7400, .offset_ms = 7300, .has_partial = true},
	 VERDICT_SKEWED,
	 "off by the wall clocks' offset",
	 VERDICT_PARTIAL,
	 "source's part only: the other clock is behind"},
	{{.is_reported = true, .ms = 20, .has_partial = true, .has_no_stop = true},
	 VERDICT_PARTIAL,
	 "source's part only: the other clock is behind",
	 VERDICT_WRONG,
	 "QEMU's number, as libvirt missed the STOP"},
	{{.field = REPORTED_ELAPSED,
	  .is_source_copy = true,
	  .is_reported = true,
	  .ms = 20,
	  .has_partial = true},
	 VERDICT_PARTIAL,
	 "source's part only: the other clock is behind",
	 VERDICT_UNEXPLAINED,
	 "differs from the measurement, cause unknown"},
	{{.field = REPORTED_DOWNTIME_NET, .is_reported = true, .ms = 20, .has_no_stop = true},
	 VERDICT_WRONG,
	 "QEMU's number, as libvirt missed the STOP",
	 VERDICT_UNEXPLAINED,
	 "differs from the measurement, cause unknown"},
	{{.is_reported = true,
	  .ms = 60,
	  .step_ms = -40,
	  .is_sent_right = true,
	  .is_postcopy = true},
	 VERDICT_OTHER,
	 "of a post-copy migration: QEMU's own number",
	 VERDICT_SKEWED,
	 "libvirt took its time stamp late"},
	{{.field = REPORTED_DOWNTIME_NET,
	  .is_reported = true,
	  .ms = 135,
	  .step_ms = 40,
	  .offset_ms = 5,
	  .received_late_ms = 5},
	 VERDICT_SKEWED,
	 "the source's wall clock was set meanwhile",
	 VERDICT_SKEWED,
	 "libvirt took the hand-over's time stamp late"},
	/* What explains a downtime explains no elapsed time of the source's own clock. */
	{{.field = REPORTED_ELAPSED,
	  .is_reported = true,
	  .ms = 20,
	  .offset_ms = -80,
	  .has_partial = true,
	  .has_no_stop = true,
	  .is_postcopy = true,
	  .done_late_ms = 80},
	 VERDICT_UNEXPLAINED,
	 "differs from the measurement, cause unknown",
	 VERDICT_KINDS,
	 NULL},

	{{.field = REPORTED_DOWNTIME_NET, .is_absurd = true, .version = BEFORE_NET},
	 VERDICT_WRONG,
	 "libvirt's value is not a duration",
	 VERDICT_OTHER,
	 "libvirt has it since 1.2.15 only"},
	{{.field = REPORTED_DOWNTIME_NET,
	  .role = ROLE_DESTINATION,
	  .version = BEFORE_NET,
	  .is_postcopy = true,
	  .has_no_job = true},
	 VERDICT_OTHER,
	 "libvirt has it since 1.2.15 only",
	 VERDICT_OTHER,
	 "a destination's are deleted after post-copy"},
	{{.field = REPORTED_SETUP,
	  .role = ROLE_DESTINATION,
	  .is_postcopy = true,
	  .has_no_job = true},
	 VERDICT_OTHER,
	 "a destination's are deleted after post-copy",
	 VERDICT_OTHER,
	 "libvirt does not report it"},
	{{.field = REPORTED_SETUP,
	  .is_postcopy = true,
	  .has_no_job = true,
	  .is_truth_unknown = true},
	 VERDICT_OTHER,
	 "libvirt does not report it",
	 VERDICT_UNKNOWN,
	 NULL},
	{{.field = REPORTED_DOWNTIME_NET,
	  .has_partial = true,
	  .has_delta = true,
	  .delta_ms = 200,
	  .whole_ms = 100},
	 VERDICT_MISSING,
	 "left out: the destination's clock is behind",
	 VERDICT_MISSING,
	 "left out: the destination's clock is ahead"},
	{{.field = REPORTED_ELAPSED_NET,
	  .has_delta = true,
	  .delta_ms = 1,
	  .is_truth_unknown = true},
	 VERDICT_MISSING,
	 "left out: the destination's clock is behind",
	 VERDICT_UNKNOWN,
	 NULL},
	{{.field = REPORTED_ELAPSED_NET,
	  .has_delta = true,
	  .delta_ms = 99,
	  .whole_ms = 100,
	  .is_truth_unknown = true},
	 VERDICT_MISSING,
	 "left out: the destination's clock is ahead",
	 VERDICT_UNKNOWN,
	 NULL},
	{{.field = REPORTED_DELTA, .is_recovery = true},
	 VERDICT_OTHER,
	 "a recovery brings libvirt no delta",
	 VERDICT_UNKNOWN,
	 "neither recorded nor derivable from its numbers"},
	{{.field = REPORTED_DELTA, .is_truth_unknown = true, .has_partial = true},
	 VERDICT_UNKNOWN,
	 "neither recorded nor derivable from its numbers",
	 VERDICT_UNKNOWN,
	 NULL},
	{{.field = REPORTED_DOWNTIME, .is_truth_unknown = true},
	 VERDICT_UNKNOWN,
	 NULL,
	 VERDICT_UNEXPLAINED,
	 "libvirt does not report it"},
	{{.field = REPORTED_DOWNTIME_NET,
	  .has_delta = true,
	  .delta_ms = 50,
	  .whole_ms = 100,
	  .version = NEW},
	 VERDICT_UNEXPLAINED,
	 "libvirt does not report it",
	 VERDICT_KINDS,
	 NULL},
};

static struct claim claim_of(const struct change *change)
{
	struct libvirt_stamps stamps = {
		.start_step_ns = change->step_ms * MS,
		.stop_step_ns = change->step_ms * MS,
		.received_late_ns = change->received_late_ms * MS,
	};
	struct claim claim = {
		.formula = formula_of(change->field, change->role,
				      change->is_source_copy ? SOURCE_COPIES : NEW),
		.role = change->role,
		.version = change->version,
		.is_reported = change->is_reported,
		.ns = change->ms * MS,
		.truth = change->is_truth_unknown ? quantity_unknown("the clocks are not known")
						  : quantity_exact(100 * MS, "one clock"),
		.tolerance_ns = 2 * MS,
		.late_ns = change->done_late_ms * MS,
		.received_late_ns = stamps.received_late_ns,
		.is_sent_right = change->is_sent_right,
		.has_no_stop = change->has_no_stop,
		.has_partial = change->has_partial,
		.is_postcopy = change->is_postcopy,
		.is_recovery = change->is_recovery,
		.has_no_job = change->has_no_job,
		.is_absurd = change->is_absurd,
		.has_delta = change->has_delta,
		.delta_ns = change->delta_ms * MS,
		.has_whole = change->whole_ms,
		.whole_ns = change->whole_ms * MS,
	};

	stamp_errors_set(&stamps, change->offset_ms * MS, claim.error_ns);
	return claim;
}

static bool hypothesis_is(const struct hypothesis *hypothesis, enum verdict_kind kind,
			  const char *words)
{
	return hypothesis->kind == kind && !hypothesis->words == !words &&
	       (!words || !strcmp(hypothesis->words, words));
}

static const char *words_of(const struct hypothesis *hypothesis)
{
	return hypothesis->words ? hypothesis->words : "(why the truth is unknown)";
}

static void the_first_that_fits_explains_a_number(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct claim claim = claim_of(&cases[i].change);
		const struct hypothesis *hypothesis = hypothesis_of(&claim);

		if (!hypothesis_is(hypothesis, cases[i].kind, cases[i].words))
			fail_msg("case %zu: %s", i, words_of(hypothesis));
	}
}

/* So their order matters, and each case is one where it does. */
static void it_is_preferred_to_those_behind_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct claim claim = claim_of(&cases[i].change);
		const struct hypothesis *next = hypothesis_of(&claim) + 1;
		const struct hypothesis *end = hypotheses + hypothesis_count;

		while (next < end && !hypothesis_fits(next, &claim))
			next++;
		if (next < end ? !hypothesis_is(next, cases[i].next_kind, cases[i].next_words)
			       : cases[i].next_kind != VERDICT_KINDS)
			fail_msg("case %zu: then %s", i, next < end ? words_of(next) : "nothing");
	}
}

static void each_hypothesis_is_reached(void **state)
{
	(void)state;
	for (size_t i = 0; i < hypothesis_count; i++) {
		bool is_reached = false;

		for (size_t j = 0; j < COUNT(cases); j++) {
			struct claim claim = claim_of(&cases[j].change);

			is_reached |= hypothesis_of(&claim) == &hypotheses[i];
		}
		if (!is_reached)
			fail_msg("%s (%zu): by no case", words_of(&hypotheses[i]), i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_field_is_computed_as_that_side_and_version_do),
		cmocka_unit_test(a_formula_is_off_by_what_its_stamps_are),
		cmocka_unit_test(stamps_of_a_clock_that_is_off_are_off),
		cmocka_unit_test(the_first_that_fits_explains_a_number),
		cmocka_unit_test(it_is_preferred_to_those_behind_it),
		cmocka_unit_test(each_hypothesis_is_reached),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
