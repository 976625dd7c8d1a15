/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a report advises for each outcome and place of the guest, what matters most of several, and
 * what it names as the cause. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/account/advice.h"
#include "core/account/cause.h"

static const struct migration nobody;
static const struct advice nothing = {.text = "nothing"};

static void advises(enum outcome outcome, enum place_left left, const char *text, bool is_urgent)
{
	struct account account = {.migration = &nobody, .outcome = outcome, .left = left};
	const struct advice *advice = advice_of(&account, 0) ?: &nothing;

	if (strcmp(advice->text, text) || advice->is_urgent != is_urgent)
		fail_msg("outcome %d, left %d: %s", outcome, left, advice->text);
	assert_true(advice->is_urgent <= !!advice->command);
}

#define STOP_ONE     "stop it on one host at once, or its disk is destroyed"
#define START	     "see both hosts; resume it where it is paused, else start it"
#define RESUME	     "resume it, unless it is to stay paused"
#define RESUME_HERE  "resume it on the source, where nobody else will"
#define RECOVER	     "end it on neither host; resume the migration from the source"
#define SEE	     "see both hosts, where it runs"
#define REMOVE_CAUSE "remove the cause, then migrate again"

static bool is_alarm(enum place_left left)
{
	return left == LEFT_ON_BOTH || left == LEFT_NOWHERE || left == LEFT_PAUSED_ON_SOURCE ||
	       left == LEFT_BROKEN;
}

/* Of each outcome by each place: an alarm whatever the outcome, else what is left to do. */
static void each_outcome_and_place(void **state)
{
	static const char *const alarms[LEFTS] = {
		[LEFT_ON_BOTH] = STOP_ONE, [LEFT_NOWHERE] = START,
		[LEFT_PAUSED] = RESUME,	   [LEFT_PAUSED_ON_SOURCE] = RESUME_HERE,
		[LEFT_BROKEN] = RECOVER,   [LEFT_ENDED] = "nothing",
	};
	static const char *const texts[][LEFT_ON_DESTINATION + 1] = {
		[OUTCOME_UNKNOWN] = {SEE, "nothing", SEE},
		[OUTCOME_COMPLETED] = {"nothing", "nothing", "nothing"},
		[OUTCOME_FAILED] = {SEE, REMOVE_CAUSE, SEE},
		[OUTCOME_CANCELLED] = {SEE, "nothing", SEE},
		[OUTCOME_UNFINISHED] = {SEE, "nothing", SEE},
	};

	(void)state;
	for (int outcome = OUTCOME_UNKNOWN; outcome <= OUTCOME_UNFINISHED; outcome++)
		for (int left = LEFT_UNKNOWN; left < LEFTS; left++)
			advises((enum outcome)outcome, (enum place_left)left,
				alarms[left] ?: texts[outcome][left],
				is_alarm((enum place_left)left));
}

/* The UUID stands where it belongs, and an argument may follow it. */
static void commands_are_whole(void **state)
{
	struct account account = {.migration = &nobody,
				  .outcome = OUTCOME_FAILED,
				  .left = LEFT_BROKEN,
				  .uuid = "u-1"};
	char text[COMMAND_TEXT];

	(void)state;
	command_format(advice_of(&account, 0)->command, &account, text);
	assert_string_equal(text, "virsh migrate --postcopy --postcopy-resume u-1 DESTINATION");
	command_format("virsh list", &account, text);
	assert_string_equal(text, "virsh list");
	command_format(NULL, &account, text);
	assert_string_equal(text, "");
}

static void offline_guest_is_not_resumed(void **state)
{
	struct account account = {
		.migration = &nobody, .outcome = OUTCOME_COMPLETED, .left = LEFT_PAUSED};

	(void)state;
	assert_string_equal(advice_of(&account, 0)->text, RESUME);
	account.flavour.offline = ANSWER_YES;
	assert_null(advice_of(&account, 0));
}

static void one_side_is_not_enough(void **state)
{
	struct account account = {
		.migration = &nobody, .outcome = OUTCOME_COMPLETED, .lack = LACK_SIDE};

	(void)state;
	assert_string_equal(advice_of(&account, 0)->text,
			    "record on both hosts: one alone knows only its part");
	account.outcome = OUTCOME_UNFINISHED;
	assert_string_equal(advice_of(&account, 0)->text, SEE);
}

/* Only where a number is off by it, and it is not less than libvirt's rounding. */
static void skew_asks_for_synchronised_clocks(void **state)
{
	struct account account = {
		.migration = &nobody,
		.outcome = OUTCOME_COMPLETED,
		.left = LEFT_ON_DESTINATION,
		.verdicts = {.verdict = {{.kind = VERDICT_SKEWED}},
			     .count = 1,
			     .skew_ns = opt_of(50000000)},
	};

	(void)state;
	assert_string_equal(advice_of(&account, 0)->text,
			    "synchronise the hosts' clocks, or distrust libvirt's downtime");
	account.verdicts.skew_ns.v = 999999;
	assert_null(advice_of(&account, 0));
	account.verdicts.skew_ns.v = 50000000;
	account.verdicts.verdict[0].kind = VERDICT_AGREES;
	assert_null(advice_of(&account, 0));
	account.verdicts.verdict[0].kind = VERDICT_PARTIAL;
	assert_non_null(advice_of(&account, 0));
	account.verdicts.verdict[0].kind = VERDICT_MISSING;
	assert_non_null(advice_of(&account, 0));
}

static void causes_are(const struct account *account, const char *expected)
{
	char text[CAUSE_TEXT];

	cause_of_end(account, text);
	assert_string_equal(text, expected);
}

/* The other causes are those of recordings in tests/replay. */
static void qemu_that_ended_is_the_cause(void **state)
{
	struct side side = {.role = ROLE_DESTINATION, .ending = {ENDING_QEMU_GONE, 0, true}};
	const struct migration migration = {.destination = &side};
	struct account account = {.migration = &migration,
				  .outcome = OUTCOME_FAILED,
				  .guest_end.by = ENDED_BY_NOBODY};

	(void)state;
	side.phase[PHASE_FINISH].began = &(const struct mt_event){0};
	causes_are(&account, "the destination's QEMU ended");
	side.ending.is_sure = false;
	causes_are(&account, "");
	side.ending.is_sure = true;
	account.outcome = OUTCOME_COMPLETED;
	causes_are(&account, "");
}

static void who_ended_the_guest_is_the_cause(void **state)
{
	static const struct {
		struct guest_end end;
		const char *cause;
	} ends[] = {
		{{ENDED_BY_CLIENT, "destroy", 0, 1},
		 "a client ended the guest, through libvirt: destroy"},
		{{ENDED_BY_GUEST, "panic", 0, 1}, "the guest ended itself: panic"},
		{{ENDED_BY_KERNEL, "OOM killer", 9, 1},
		 "the kernel's OOM killer ended the guest's QEMU"},
		{{ENDED_BY_SIGNAL, "SIGSEGV", 11, 1}, "the guest's QEMU crashed: SIGSEGV"},
		{{ENDED_BY_SIGNAL, "SIGKILL", 9, 1}, "the guest's QEMU was killed: SIGKILL"},
		{{ENDED_BY_SIGNAL, NULL, 40, 1}, "the guest's QEMU was killed: signal 40"},
		{{ENDED_BY_QEMU, NULL, 1, 1}, "the guest's QEMU ended itself, with status 1"},
		{{ENDED_BY_UNKNOWN, NULL, 0, 0}, "the guest's QEMU ended"},
	};
	const struct migration migration = {0};
	struct account account = {.migration = &migration, .outcome = OUTCOME_FAILED};

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		account.guest_end = ends[i].end;
		causes_are(&account, ends[i].cause);
	}
}

/* QEMU's own words before libvirt's, which come first. */
static void what_they_said_is_the_cause_where_nothing_was_seen(void **state)
{
	const struct side source = {.role = ROLE_SOURCE};
	const struct migration migration = {.source = &source};
	struct account account = {
		.migration = &migration,
		.outcome = OUTCOME_FAILED,
		.guest_end.by = ENDED_BY_NOBODY,
		.said = {{ROLE_SOURCE, false, "libvirt's", 9}, {ROLE_SOURCE, true, "QEMU's", 6}},
		.said_count = 1};

	(void)state;
	causes_are(&account, "libvirt's");
	account.said_count = 2;
	causes_are(&account, "QEMU's");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_outcome_and_place),
		cmocka_unit_test(offline_guest_is_not_resumed),
		cmocka_unit_test(one_side_is_not_enough),
		cmocka_unit_test(skew_asks_for_synchronised_clocks),
		cmocka_unit_test(commands_are_whole),
		cmocka_unit_test(qemu_that_ended_is_the_cause),
		cmocka_unit_test(who_ended_the_guest_is_the_cause),
		cmocka_unit_test(what_they_said_is_the_cause_where_nothing_was_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
