/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What printed durations claim: readable, and never narrower than what is known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "report/duration.h"
#include "simulation.h"

#define SEEDS 20000

static const char *printed(const struct quantity *quantity)
{
	static char text[DURATION_TEXT];

	duration_format(quantity, text, sizeof(text));
	return text;
}

static void times_print_as_people_read_them(void **state)
{
	(void)state;
	const struct {
		struct quantity quantity;
		const char *text;
	} cases[] = {
		{quantity_between(33600000, 34000000, ""), "33.8 ms ±0.2"},
		{quantity_between(33640000, 33960000, ""), "33.8 ms ±0.2"},
		{quantity_between(33790000, 33810000, ""), "33.80 ms ±0.01"},
		{quantity_exact(33849999, ""), "33.8 ms"},
		{quantity_exact(33850000, ""), "33.9 ms"},
		{quantity_exact(-49999, ""), "0.0 ms"},
		{quantity_exact(-50000, ""), "-0.1 ms"},
		{quantity_between(-300000, 100000, ""), "-0.1 ms ±0.2"},
		{quantity_exact(12534000000, ""), "12534.0 ms"},
		{quantity_unknown("why"), "unknown"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(printed(&cases[i].quantity), cases[i].text);
}

/* Printed with one or two digits behind the point: so many ns is the last of them. */
static void what_is_printed_contains_what_is_known(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		uint64_t rng = seed;
		int64_t lo = random_between(&rng, -50000000, 50000000);
		int64_t hi = lo + random_between(&rng, 1, 3000000);
		struct quantity quantity = quantity_between(lo, hi, "");
		double middle, width;

		if (seed % 2) /* an estimate need not be the middle */
			quantity.est_ns = random_between(&rng, lo, hi);
		if (sscanf(printed(&quantity), "%lf ms ±%lf", &middle, &width) != 2)
			fail_msg("seed %lu: %s", seed, printed(&quantity));
		if ((middle - width) * 1e6 > (double)lo + 0.5 ||
		    (middle + width) * 1e6 < (double)hi - 0.5)
			fail_msg("seed %lu: expected [%ld, %ld] within, got %s", seed, lo, hi,
				 printed(&quantity));
		if (width * 1e6 > (double)(hi - lo) + 200000)
			fail_msg("seed %lu: much wider than [%ld, %ld]: %s", seed, lo, hi,
				 printed(&quantity));
	}
}

static void columns_are_counted_not_bytes(void **state)
{
	(void)state;
	assert_int_equal(text_columns("33.8 ms ±0.2"), (int)strlen("33.8 ms ±0.2") - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_print_as_people_read_them),
		cmocka_unit_test(what_is_printed_contains_what_is_known),
		cmocka_unit_test(columns_are_counted_not_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
