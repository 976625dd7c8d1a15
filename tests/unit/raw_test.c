/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What CLOCK_MONOTONIC_RAW is said to have shown: truth inside, whoever slews, or a contradiction.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/clock.h"
#include "core/raw.h"

#define MS INT64_C(1000000)

/* Looks every 100 ms of raw time; CLOCK_MONOTONIC is at mono[i] then, the bracket around it. */
static struct recording looked(struct clock_snapshot *snapshots, const int64_t *mono, size_t count,
			       int64_t bracket_ns)
{
	for (size_t i = 0; i < count; i++)
		snapshots[i] = (struct clock_snapshot){
			.mono_before_ns = mono[i] - bracket_ns,
			.raw_ns = 5000 * MS + (int64_t)i * 100 * MS,
			.mono_after_ns = mono[i] + bracket_ns,
		};
	return (struct recording){.snapshots = snapshots, .snapshot_count = count};
}

static const int64_t steady[] = {1000 * MS, 1100 * MS, 1200 * MS, 1300 * MS};

static void clock_that_nobody_slews_is_known_exactly(void **state)
{
	struct clock_snapshot snapshots[4];
	struct recording recording = looked(snapshots, steady, 4, 0);

	(void)state;
	for (int64_t t = 1000 * MS; t < 1300 * MS; t += 7 * MS) {
		struct raw_ns raw = raw_of(&recording, t);

		assert_int_equal(raw.lo, t + 4000 * MS);
		assert_int_equal(raw.hi, t + 4000 * MS);
	}
}

static void what_a_bracket_leaves_open_widens(void **state)
{
	struct clock_snapshot snapshots[4];
	struct recording recording = looked(snapshots, steady, 4, 500);
	struct raw_ns raw = raw_of(&recording, 1150 * MS);

	(void)state;
	assert_true(raw.lo <= 5150 * MS && raw.hi >= 5150 * MS);
	assert_true(raw.hi - raw.lo >= 1000 && raw.hi - raw.lo <= 3000);
	/* The look was taken somewhere between 1100 ms - 500 ns and 1100 ms + 500 ns. */
	raw = raw_of(&recording, 1100 * MS + 600);
	assert_true(raw.lo <= 5100 * MS + 100 && raw.hi >= 5100 * MS + 1100);
}

/* From 1150 ms on it runs 8 % fast: the looks cannot tell when in that span it began. */
static void slew_that_begins_between_two_looks_stays_inside(void **state)
{
	static const int64_t mono[] = {1000 * MS, 1100 * MS, 1204 * MS, 1312 * MS, 1420 * MS};
	struct clock_snapshot snapshots[5];
	struct recording recording = looked(snapshots, mono, 5, 0);
	struct raw_ns middle = raw_of(&recording, 1150 * MS), late = raw_of(&recording, 1366 * MS);
	struct raw_ns near = raw_of(&recording, 1100 * MS + 10000);

	(void)state;
	assert_true(middle.lo <= 5150 * MS && middle.hi >= 5150 * MS);
	assert_true(middle.hi - middle.lo < 4 * MS);
	assert_true(near.hi - near.lo <= 801);
	assert_true(late.lo <= 5350 * MS && late.hi >= 5350 * MS && late.hi - late.lo <= 2);
}

static void before_and_after_the_looks_it_may_be_all_that_the_kernel_allows(void **state)
{
	struct clock_snapshot snapshots[4];
	struct recording recording = looked(snapshots, steady, 4, 0);
	struct raw_ns before = raw_of(&recording, 990 * MS), after = raw_of(&recording, 1310 * MS);

	(void)state;
	assert_int_equal(before.lo, 4990 * MS - 1125000);
	assert_int_equal(before.hi, 4990 * MS + 1010000);
	assert_int_equal(after.lo, 5310 * MS - 1010000);
	assert_int_equal(after.hi, 5310 * MS + 1125000);
}

/* As when a recording was doctored, or its host's clock stepped: no kernel slews by 50 %. */
static void more_than_the_kernel_allows_is_a_contradiction(void **state)
{
	static const int64_t mono[] = {1000 * MS, 1100 * MS, 1250 * MS, 1350 * MS};
	struct clock_snapshot snapshots[4];
	struct recording recording = looked(snapshots, mono, 4, 0);
	struct raw_ns raw = raw_of(&recording, 1150 * MS);

	(void)state;
	assert_true(raw.lo > raw.hi);
	raw = raw_of(&recording, 1050 * MS); /* the span beside it is not to be relied on either */
	assert_true(raw.lo > raw.hi);
}

static void without_looks_nothing_is_known(void **state)
{
	struct recording recording = {0};
	struct raw_ns raw = raw_of(&recording, 5);

	(void)state;
	assert_int_equal(raw.lo, 0);
	assert_int_equal(raw.hi, CLOCK_NS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clock_that_nobody_slews_is_known_exactly),
		cmocka_unit_test(what_a_bracket_leaves_open_widens),
		cmocka_unit_test(slew_that_begins_between_two_looks_stays_inside),
		cmocka_unit_test(before_and_after_the_looks_it_may_be_all_that_the_kernel_allows),
		cmocka_unit_test(more_than_the_kernel_allows_is_a_contradiction),
		cmocka_unit_test(without_looks_nothing_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
