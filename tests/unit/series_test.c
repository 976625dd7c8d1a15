/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is usual, and whether that has changed: nothing is said that chance brings about. */
#include "core/figures/series.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void quantiles_are_values_that_were_there(void **state)
{
	int64_t ten[] = {7, 3, 9, 1, 5, 10, 2, 8, 4, 6}, one[] = {42};

	(void)state;
	assert_int_equal(series_quantile(ten, 10, 0.5), 5);
	assert_int_equal(series_quantile(ten, 10, 0.95), 10);
	assert_int_equal(series_quantile(ten, 10, 0.9), 9);
	assert_int_equal(series_quantile(ten, 10, 1), 10);
	assert_int_equal(series_quantile(ten, 10, 0), 1);
	assert_int_equal(series_quantile(one, 1, 0.95), 42);
}

static void a_trend_is_told_only_where_it_is_sure(void **state)
{
	static const int64_t rising[] = {1, 2, 3, 4, 5, 6, 7, 8};
	static const int64_t falling[] = {8, 7, 6, 5, 4, 3, 2, 1};
	static const int64_t mixed[] = {5, 1, 7, 2, 8, 3, 6, 4};
	static const int64_t same[] = {5, 5, 5, 5, 5, 5, 5, 5};

	(void)state;
	assert_int_equal(series_trend(rising, 8), TREND_RISING);
	assert_int_equal(series_trend(falling, 8), TREND_FALLING);
	assert_int_equal(series_trend(mixed, 8), TREND_NONE);
	assert_int_equal(series_trend(same, 8), TREND_NONE);
	assert_int_equal(series_trend(rising, 4), TREND_NONE); /* by chance once in 24 */
	assert_int_equal(series_trend(rising, 1), TREND_NONE);
	assert_int_equal(series_trend(rising, 0), TREND_NONE);
}

static void a_change_is_found_where_it_was(void **state)
{
	int64_t values[40];
	struct change_point change;

	(void)state;
	for (size_t i = 0; i < 40; i++)
		values[i] = (int64_t)(i * 7 % 5) + (i < 25 ? 20 : 30);
	change = series_change(values, 40);
	assert_true(change.is_there);
	assert_int_equal(change.at, 25);
	assert_true(change.p < 0.001);
	for (size_t i = 0; i < 40; i++)
		values[i] = (int64_t)(i * 7 % 5);
	assert_false(series_change(values, 40).is_there);
	assert_false(series_change(values, 1).is_there);
	assert_false(series_change(values, 0).is_there);
}

/* One that took very long is no change. */
static void one_value_is_no_change(void **state)
{
	int64_t values[40];

	(void)state;
	for (size_t i = 0; i < 40; i++)
		values[i] = i == 20 ? 1000000 : (int64_t)(i * 7 % 5);
	assert_false(series_change(values, 40).is_there);
	assert_int_equal(series_trend(values, 40), TREND_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quantiles_are_values_that_were_there),
		cmocka_unit_test(a_trend_is_told_only_where_it_is_sure),
		cmocka_unit_test(a_change_is_found_where_it_was),
		cmocka_unit_test(one_value_is_no_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
