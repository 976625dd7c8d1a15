/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a skipped run of a program makes of what it had noted before, and after. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "probe/kernel/missed.h"

static void nothing_was_skipped(void **state)
{
	struct missed missed = {0};

	(void)state;
	missed_note(&missed, 0, 500);
	assert_true(missed_none_since(&missed, 1));
	assert_true(missed_none_since(&missed, 1000));
}

static void one_was_skipped(void **state)
{
	struct missed missed = {0};

	(void)state;
	missed_note(&missed, 0, 500);
	missed_note(&missed, 1, 800); /* between 500 and 800 */
	assert_false(missed_none_since(&missed, 400));
	assert_false(missed_none_since(&missed, 799));
	assert_true(missed_none_since(&missed, 800));
	missed_note(&missed, 1, 900);
	assert_true(missed_none_since(&missed, 801));
}

static void the_kernel_does_not_say(void **state)
{
	struct missed missed = {0};

	(void)state;
	missed_note(&missed, MISSED_UNKNOWN, 500);
	assert_false(missed_none_since(&missed, 400));
	missed_note(&missed, MISSED_UNKNOWN, 900);
	assert_false(missed_none_since(&missed, 800));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_was_skipped),
		cmocka_unit_test(one_was_skipped),
		cmocka_unit_test(the_kernel_does_not_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
