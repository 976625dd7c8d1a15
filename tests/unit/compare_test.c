/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What differs between two migrations: only what bounds prove. */
#include "core/account/compare.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#define MS 1000000

static struct account first, second;
static struct measured a, b;
static struct comparison comparisons[COMPARISONS_MAX];

static void account_begin(struct account *account)
{
	static const struct side source, destination;

	*account = (struct account){
		.side = {{.side = &source, .host = "from"}, {.side = &destination, .host = "to"}}};
	for (size_t i = 0; i < FIGURES; i++)
		*(struct quantity *)figure_get(&account->figures, (enum figure)i) =
			quantity_unknown("not seen");
}

static void part_add(struct account *account, const char *name, enum place place, int64_t lo_ns,
		     int64_t hi_ns)
{
	struct breakdown *breakdown = &account->figures.breakdown;

	breakdown->part[breakdown->count++] = (struct part){
		.name = name,
		.place = place,
		.duration = quantity_between(lo_ns, hi_ns, ""),
		.is_downtime = true,
	};
}

static size_t compare(void)
{
	measured_take(&first, &a);
	measured_take(&second, &b);
	return measured_compare(&a, &b, comparisons);
}

static const struct comparison *part_named(size_t count, const char *name, enum place place)
{
	for (size_t i = FIGURES; i < count; i++)
		if (!strcmp(comparisons[i].part->name, name) && comparisons[i].part->place == place)
			return &comparisons[i];
	fail_msg("no part %s", name);
	return NULL;
}

/* A change is one only where the intervals have nothing in common, not even an end. */
static void intervals_that_touch_may_be_the_same(void **state)
{
	static const struct {
		int64_t lo_ns, hi_ns;
		enum change change;
	} rows[] = {
		{21, 30, CHANGE_MORE}, {20, 30, CHANGE_NONE}, {10, 20, CHANGE_NONE},
		{12, 13, CHANGE_NONE}, {0, 99, CHANGE_NONE},  {0, 10, CHANGE_NONE},
		{0, 9, CHANGE_LESS},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		account_begin(&first);
		account_begin(&second);
		first.figures.downtime = quantity_between(10, 20, "");
		second.figures.downtime = quantity_between(rows[i].lo_ns, rows[i].hi_ns, "");
		assert_int_equal(compare(), FIGURES);
		assert_string_equal(comparisons[FIGURE_DOWNTIME].figure, "downtime");
		assert_int_equal(comparisons[FIGURE_DOWNTIME].change, rows[i].change);
		assert_int_equal(comparisons[FIGURE_DOWNTIME].by.lo_ns, rows[i].lo_ns - 20);
		assert_int_equal(comparisons[FIGURE_DOWNTIME].by.hi_ns, rows[i].hi_ns - 10);
		assert_int_equal(comparisons[FIGURE_ELAPSED].change, CHANGE_UNKNOWN);
		assert_string_equal(comparisons[FIGURE_ELAPSED].by.why_unknown, "not seen");
	}
}

static void parts_of_one_name_on_one_side_are_one(void **state)
{
	const struct comparison *part;
	size_t count;

	(void)state;
	account_begin(&first);
	account_begin(&second);
	part_add(&first, "QMP", PLACE_SOURCE, 1 * MS, 2 * MS);
	part_add(&first, "QMP", PLACE_DESTINATION, 5 * MS, 5 * MS);
	part_add(&first, "QMP", PLACE_SOURCE, 3 * MS, 4 * MS);
	part_add(&second, "QMP", PLACE_SOURCE, 10 * MS, 10 * MS);
	part_add(&second, "QMP", PLACE_DESTINATION, 5 * MS, 5 * MS);
	count = compare();
	assert_int_equal(count, FIGURES + 2);
	part = part_named(count, "QMP", PLACE_SOURCE);
	assert_int_equal(part->first.lo_ns, 4 * MS);
	assert_int_equal(part->first.hi_ns, 6 * MS);
	assert_int_equal(part->by.lo_ns, 4 * MS);
	assert_int_equal(part->by.hi_ns, 6 * MS);
	assert_int_equal(part->change, CHANGE_MORE);
	assert_int_equal(part_named(count, "QMP", PLACE_DESTINATION)->change, CHANGE_NONE);
}

/* What one does not have took it no time, but only where it is known what it had. */
static void a_part_that_lacks_took_no_time_where_that_is_known(void **state)
{
	size_t count;

	(void)state;
	account_begin(&first);
	account_begin(&second);
	part_add(&first, "flush", PLACE_SOURCE, 7 * MS, 7 * MS);
	part_add(&first, "load", PLACE_DESTINATION, 7 * MS, 7 * MS);
	part_add(&second, "other", PLACE_SOURCE, 9 * MS, 9 * MS);
	count = compare();
	assert_int_equal(count, FIGURES + 3);
	assert_int_equal(part_named(count, "flush", PLACE_SOURCE)->change, CHANGE_LESS);
	assert_int_equal(part_named(count, "flush", PLACE_SOURCE)->second.est_ns, 0);
	assert_int_equal(part_named(count, "other", PLACE_SOURCE)->change, CHANGE_MORE);
	assert_int_equal(part_named(count, "load", PLACE_DESTINATION)->change, CHANGE_UNKNOWN);
	assert_false(part_named(count, "load", PLACE_DESTINATION)->second.known);
}

static void the_largest_change_that_is_sure_is_first(void **state)
{
	size_t count;

	(void)state;
	account_begin(&first);
	account_begin(&second);
	part_add(&first, "wide", PLACE_SOURCE, 0, 90 * MS);
	part_add(&first, "shrank", PLACE_SOURCE, 8 * MS, 8 * MS);
	part_add(&first, "grew", PLACE_SOURCE, 1 * MS, 1 * MS);
	part_add(&second, "wide", PLACE_SOURCE, 50 * MS, 99 * MS);
	part_add(&second, "shrank", PLACE_SOURCE, 2 * MS, 2 * MS);
	part_add(&second, "grew", PLACE_SOURCE, 5 * MS, 5 * MS);
	count = compare();
	assert_int_equal(count, FIGURES + 3);
	assert_string_equal(comparisons[FIGURES].part->name, "shrank");
	assert_string_equal(comparisons[FIGURES + 1].part->name, "grew");
	assert_string_equal(comparisons[FIGURES + 2].part->name, "wide");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(intervals_that_touch_may_be_the_same),
		cmocka_unit_test(parts_of_one_name_on_one_side_are_one),
		cmocka_unit_test(a_part_that_lacks_took_no_time_where_that_is_known),
		cmocka_unit_test(the_largest_change_that_is_sure_is_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
