/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What CLOCK_MONOTONIC_RAW is said to have shown: truth inside, whoever slews,
 * or a contradiction. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/clock/clock.h"
#include "core/recording/raw.h"

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
	assert_int_equal(before.lo, 4990 * MS - 2920000);
	assert_int_equal(before.hi, 4990 * MS + 1844000);
	assert_int_equal(after.lo, 5310 * MS - 1844000);
	assert_int_equal(after.hi, 5310 * MS + 2920000);
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

/* CLOCK_MONOTONIC at that raw time, if it is slewed by 8 % for 1.5 s, then not for as long. */
static int64_t slewed_to_and_fro(int64_t raw_ns)
{
	int64_t periods = raw_ns / (3000 * MS), rest = raw_ns % (3000 * MS);

	return raw_ns + periods * 120 * MS + (rest < 1500 * MS ? rest : 1500 * MS) * 8 / 100;
}

/* The averages of these spans say 3 to 5 %, and at no instant is it that. */
static void snapshots_far_apart_do_not_hide_a_slew(void **state)
{
	struct clock_snapshot snapshots[12];
	struct recording recording = {.snapshots = snapshots, .snapshot_count = 12};
	int64_t widest = 0;

	(void)state;
	for (int64_t i = 0; i < 12; i++)
		snapshots[i] = (struct clock_snapshot){
			.mono_before_ns = slewed_to_and_fro((1 + i) * 2300 * MS),
			.raw_ns = (1 + i) * 2300 * MS,
			.mono_after_ns = slewed_to_and_fro((1 + i) * 2300 * MS),
		};
	for (int64_t at = 2300 * MS; at < 27600 * MS; at += 7 * MS) {
		struct raw_ns raw = raw_of(&recording, slewed_to_and_fro(at));
		struct mono_ns mono = mono_of(&recording, (struct raw_ns){at, at});

		assert_true(raw.lo <= at && raw.hi >= at);
		assert_true(mono.lo <= slewed_to_and_fro(at) && mono.hi >= slewed_to_and_fro(at));
		widest = raw.hi - raw.lo > widest ? raw.hi - raw.lo : widest;
	}
	assert_true(widest > 100 * MS && widest < 2300 * MS);
	/* Near a snapshot it is known all the same. */
	assert_true(raw_of(&recording, snapshots[5].mono_before_ns + 1000).hi <=
		    snapshots[5].raw_ns + 1292);
}

/* Nobody slews: the averages agree, however far apart the snapshots are. */
static void snapshots_far_apart_at_a_clock_that_nobody_slews_tell_all(void **state)
{
	static const int64_t mono[] = {1000 * MS, 1100 * MS, 7100 * MS, 9200 * MS, 19000 * MS};
	struct clock_snapshot snapshots[5];
	struct recording recording = looked(snapshots, mono, 5, 0);

	(void)state;
	for (int i = 0; i < 5; i++)
		snapshots[i].raw_ns = mono[i] + 4000 * MS;
	for (int64_t t = 1101 * MS; t < 9200 * MS; t += 77 * MS) {
		struct raw_ns raw = raw_of(&recording, t);
		struct mono_ns back = mono_of(&recording, raw);

		assert_int_equal(raw.lo, t + 4000 * MS);
		assert_int_equal(raw.hi, t + 4000 * MS);
		assert_true(back.lo >= t - 1 && back.lo <= t && back.hi >= t && back.hi <= t + 1);
	}
	/* What comes after the last but one is alone. */
	assert_true(raw_of(&recording, 14000 * MS).hi > 18000 * MS + 100 * MS);
}

/* 8 % for 1 ms within 2 s change the average by 40 ppm, and the clock by 80 us from then on. */
static void slew_that_the_averages_hardly_show_stays_inside(void **state)
{
	static const int64_t mono[] = {1000 * MS, 3000 * MS, 5000 * MS + 80000, 7000 * MS + 80000};
	struct clock_snapshot snapshots[4];
	struct recording recording = looked(snapshots, mono, 4, 0);

	(void)state;
	for (int i = 0; i < 4; i++)
		snapshots[i].raw_ns = (1000 + i * 2000) * MS;
	for (int64_t began = 3000 * MS; began <= 4999 * MS; began += 111 * MS) {
		struct raw_ns before = raw_of(&recording, began);
		struct raw_ns after = raw_of(&recording, began + MS + 80000);

		assert_true(before.lo <= began && before.hi >= began);
		assert_true(after.lo <= began + MS && after.hi >= began + MS);
		assert_true(after.hi - after.lo <= 2 * 80000 + 200);
	}
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
		cmocka_unit_test(snapshots_far_apart_do_not_hide_a_slew),
		cmocka_unit_test(snapshots_far_apart_at_a_clock_that_nobody_slews_tell_all),
		cmocka_unit_test(slew_that_the_averages_hardly_show_stays_inside),
		cmocka_unit_test(without_looks_nothing_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
