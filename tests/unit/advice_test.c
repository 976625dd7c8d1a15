/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a report advises for each outcome and place of the guest, and what matters
 * most of several. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/account/advice.h"
#include "core/account/cause.h"

static const struct advice nothing = {"nothing"};

static void advises(enum outcome outcome, enum place_left left, const char *text, bool is_urgent)
{
	struct account account = {.outcome = outcome, .left = left};
	const struct advice *advice = advice_of(&account) ?: &nothing;

	if (strcmp(advice->text, text) || advice->is_urgent != is_urgent)
		fail_msg("outcome %d, left %d: %s", outcome, left, advice->text);
	assert_true(advice->is_urgent <= !!advice->command);
}

#define STOP_ONE     "stop it on one host at once, or its disk is destroyed"
#define BRING_BACK   "see both hosts; resume it where it is paused, else start it"
#define RESUME	     "resume it, unless it is to stay paused"
#define SEE	     "see both hosts, where it runs"
#define REMOVE_CAUSE "remove the cause, then migrate again"

/* Of each outcome by each place: an alarm whatever the outcome, else what is left to do. */
static void each_outcome_and_place(void **state)
{
	static const char *const texts[][LEFT_PAUSED + 1] = {
		[OUTCOME_UNKNOWN] = {SEE, "nothing", SEE, STOP_ONE, BRING_BACK, RESUME},
		[OUTCOME_COMPLETED] = {"nothing", "nothing", "nothing", STOP_ONE, BRING_BACK,
				       RESUME},
		[OUTCOME_FAILED] = {SEE, REMOVE_CAUSE, SEE, STOP_ONE, BRING_BACK, RESUME},
		[OUTCOME_CANCELLED] = {SEE, "nothing", SEE, STOP_ONE, BRING_BACK, RESUME},
		[OUTCOME_UNFINISHED] = {SEE, "nothing", SEE, STOP_ONE, BRING_BACK, RESUME},
	};

	(void)state;
	for (int outcome = OUTCOME_UNKNOWN; outcome <= OUTCOME_UNFINISHED; outcome++)
		for (int left = LEFT_UNKNOWN; left <= LEFT_PAUSED; left++)
			advises((enum outcome)outcome, (enum place_left)left, texts[outcome][left],
				left == LEFT_ON_BOTH || left == LEFT_NOWHERE);
}

static void offline_guest_is_not_resumed(void **state)
{
	struct account account = {.outcome = OUTCOME_COMPLETED, .left = LEFT_PAUSED};

	(void)state;
	assert_string_equal(advice_of(&account)->text, RESUME);
	account.flavour.offline = ANSWER_YES;
	assert_null(advice_of(&account));
}

static void one_side_is_not_enough(void **state)
{
	struct account account = {.outcome = OUTCOME_COMPLETED, .lack = LACK_SIDE};

	(void)state;
	assert_string_equal(advice_of(&account)->text,
			    "record on both hosts: one alone knows only its part");
	account.outcome = OUTCOME_UNFINISHED;
	assert_string_equal(advice_of(&account)->text, SEE);
}

/* Only where a number is off by it, and it is not less than libvirt's rounding. */
static void skew_asks_for_synchronised_clocks(void **state)
{
	struct account account = {
		.outcome = OUTCOME_COMPLETED,
		.left = LEFT_ON_DESTINATION,
		.verdicts = {.verdict = {{.kind = VERDICT_SKEWED}},
			     .count = 1,
			     .skew_ns = opt_of(50000000)},
	};

	(void)state;
	assert_string_equal(advice_of(&account)->text,
			    "synchronise the hosts' clocks, or distrust libvirt's downtime");
	account.verdicts.skew_ns.v = 999999;
	assert_null(advice_of(&account));
	account.verdicts.skew_ns.v = 50000000;
	account.verdicts.verdict[0].kind = VERDICT_AGREES;
	assert_null(advice_of(&account));
	account.verdicts.verdict[0].kind = VERDICT_PARTIAL;
	assert_non_null(advice_of(&account));
	account.verdicts.verdict[0].kind = VERDICT_MISSING;
	assert_non_null(advice_of(&account));
}

/* The other causes are those of recordings in tests/replay. */
static void qemu_that_ended_is_the_cause(void **state)
{
	struct side side = {.role = ROLE_DESTINATION, .ending = {ENDING_QEMU_GONE, 0, true}};
	const struct migration migration = {.destination = &side};
	struct account account = {.migration = &migration, .outcome = OUTCOME_FAILED};

	(void)state;
	assert_string_equal(cause_of_end(&account), "the destination's QEMU ended");
	side.ending.is_sure = false;
	assert_null(cause_of_end(&account));
	side.ending.is_sure = true;
	account.outcome = OUTCOME_COMPLETED;
	assert_null(cause_of_end(&account));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_outcome_and_place),
		cmocka_unit_test(offline_guest_is_not_resumed),
		cmocka_unit_test(one_side_is_not_enough),
		cmocka_unit_test(skew_asks_for_synchronised_clocks),
		cmocka_unit_test(qemu_that_ended_is_the_cause),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
