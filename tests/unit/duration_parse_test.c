/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The grammar of durations: every unit, a unit by default, and nothing else. */
#include "base/duration.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define MS INT64_C(1000000)

static void each_unit(void **state)
{
	static const struct {
		const char *text;
		int64_t ns;
	} good[] = {
		{"20us", 20000},	  {"500ms", 500 * MS},
		{"90s", 90000 * MS},	  {"5m", 300000 * MS},
		{"1h", 3600000 * MS},	  {"1.5 s", 1500 * MS},
		{"-2ms", -2 * MS},	  {"0s", 0},
		{"90d", 7776000000 * MS},
	};
	int64_t ns;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(duration_parse(good[i].text, NULL, &ns));
		assert_int_equal(ns, good[i].ns);
	}
}

static void without_unit(void **state)
{
	int64_t ns;

	(void)state;
	assert_false(duration_parse("90", NULL, &ns));
	assert_true(duration_parse("90", "s", &ns));
	assert_int_equal(ns, 90000 * MS);
	assert_true(duration_parse("90ms", "s", &ns));
	assert_int_equal(ns, 90 * MS);
}

static void nothing_else(void **state)
{
	static const char *const bad[] = {"",	  "s",	    "soon",    "5 ks",	 "5w",
					  "nans", "infs",   "1e30s",   "-1e30s", "5msms",
					  "5s ",  "5 s ms", "0x5 sec", "5,5s"};
	int64_t ns;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (duration_parse(bad[i], "s", &ns))
			fail_msg("'%s' was taken for a duration", bad[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_unit),
		cmocka_unit_test(without_unit),
		cmocka_unit_test(nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
