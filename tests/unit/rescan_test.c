// SPDX-License-Identifier: GPL-2.0-or-later
/* When daemons' files are looked for: in time after each start, however many there are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "probe/host/rescan.h"

#define MS	 INT64_C(1000000)
#define LOOKS	 4096
#define START_NS INT64_C(1000000000000)

struct looks {
	int64_t at_ns[LOOKS];
	size_t count;
};

/* Makes every look that is due until then, each at once. */
static void run(struct rescan *rescan, int64_t until_ns, struct looks *looks)
{
	while (rescan_due_ns(rescan) <= until_ns) {
		int64_t now_ns = rescan_due_ns(rescan);

		assert_true(looks->count < LOOKS);
		looks->at_ns[looks->count++] = now_ns;
		rescan_done(rescan, now_ns);
	}
}

static bool is_followed(const struct looks *looks, int64_t from_ns, int64_t until_ns)
{
	for (size_t i = 0; i < looks->count; i++)
		if (looks->at_ns[i] >= from_ns && looks->at_ns[i] <= until_ns)
			return true;
	return false;
}

static void one_start_is_followed_by_four_looks(void **state)
{
	(void)state;
	struct rescan rescan = {0};
	static struct looks looks;

	assert_true(rescan_due_ns(&rescan) == INT64_MAX);
	rescan_started(&rescan, START_NS);
	run(&rescan, START_NS + 100000 * MS, &looks);
	assert_int_equal(looks.count, 4);
	assert_true(looks.at_ns[0] == START_NS + 20 * MS);
	assert_true(looks.at_ns[1] == START_NS + 150 * MS);
	assert_true(looks.at_ns[2] == START_NS + 400 * MS);
	assert_true(looks.at_ns[3] == START_NS + 900 * MS);
	assert_true(rescan_due_ns(&rescan) == INT64_MAX);
}

/* Starts every so often for 20 s: each is followed in time, and the looks stay few. */
static void storm(int64_t every_ns)
{
	struct rescan rescan = {0};
	static struct looks looks;
	const int64_t end_ns = START_NS + 20000 * MS;

	looks.count = 0;
	for (int64_t at_ns = START_NS; at_ns < end_ns; at_ns += every_ns) {
		run(&rescan, at_ns, &looks);
		rescan_started(&rescan, at_ns);
	}
	run(&rescan, INT64_MAX - 1, &looks);
	for (int64_t at_ns = START_NS; at_ns < end_ns; at_ns += every_ns) {
		assert_true(is_followed(&looks, at_ns, at_ns + 2000 * MS));
		assert_true(is_followed(&looks, at_ns + 900 * MS, at_ns + 2000 * MS));
	}
	for (size_t i = RESCAN_PER_SECOND; i < looks.count; i++)
		assert_true(looks.at_ns[i] - looks.at_ns[i - RESCAN_PER_SECOND] >= 1000 * MS);
}

static void a_storm_of_starts_puts_nothing_off(void **state)
{
	(void)state;
	storm(MS / 10);
	storm(MS);
	storm(140 * MS);
	storm(149 * MS);
	storm(397 * MS);
	storm(899 * MS);
	storm(901 * MS);
	storm(5000 * MS);
}

/* A recorder that could not run makes up for all that is overdue by one look. */
static void what_is_overdue_is_one_look(void **state)
{
	(void)state;
	struct rescan rescan = {0};

	rescan_started(&rescan, START_NS);
	rescan_started(&rescan, START_NS + MS);
	rescan_done(&rescan, START_NS + 60000 * MS);
	assert_true(rescan_due_ns(&rescan) == INT64_MAX);
	rescan_started(&rescan, START_NS + 60001 * MS);
	assert_true(rescan_due_ns(&rescan) == START_NS + 60021 * MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_start_is_followed_by_four_looks),
		cmocka_unit_test(a_storm_of_starts_puts_nothing_off),
		cmocka_unit_test(what_is_overdue_is_one_look),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
