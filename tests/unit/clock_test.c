/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the offset bounds claim: truth always inside, never a number from one direction or a lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/clock.h"
#include "simulation.h"

#define SEEDS	 10000
#define MESSAGES 12
#define RATE_PPB 100000

static const int64_t start_ns = 288000000000000000; /* room for a destination far behind */

/* The destination's clock shows truth_ns ahead of the source's at start_ns, drifting by ppb. */
static int64_t true_offset(int64_t truth_ns, int64_t ppb, int64_t src_ns)
{
	return truth_ns + (int64_t)((__int128)(src_ns - start_ns) * ppb / 1000000000);
}

static void bounds_contain_true_offset_under_drift_and_asymmetric_delay(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		uint64_t rng = seed;
		struct clock_message m[MESSAGES];
		int64_t truth_ns = random_between(&rng, -280000000000000000, 280000000000000000);
		int64_t ppb = random_between(&rng, -RATE_PPB + 1, RATE_PPB - 1);
		int64_t x0_ns = start_ns + random_between(&rng, 0, 30000000000);

		for (int i = 0; i < MESSAGES; i++) {
			int64_t sent = start_ns + random_between(&rng, 0, 30000000000);
			int64_t delay = random_between(&rng, 1, i % 2 ? 100000 : 90000000);
			int64_t received = sent + delay;
			int64_t at_dst = i % 2 ? sent : received;
			int64_t at_src = i % 2 ? received : sent;

			m[i] = (struct clock_message){
				.direction = i % 2 ? CLOCK_BACKWARD : CLOCK_FORWARD,
				.at_src = {at_src},
				.at_dst = {at_dst + true_offset(truth_ns, ppb, at_dst)},
				.source = "test",
			};
		}
		int64_t theta = true_offset(truth_ns, ppb, x0_ns);
		struct clock_offset o =
			clock_offset_at(m, MESSAGES, RATE_PPB, (struct dst_ns){x0_ns + theta});

		if (o.verdict != CLOCK_BOUNDED || o.lo_ns > theta + 1 || o.hi_ns < theta - 1)
			fail_msg("seed %lu: offset %ld not in [%ld, %ld], verdict %d", seed, theta,
				 o.lo_ns, o.hi_ns, (int)o.verdict);
	}
}

static const struct clock_message forward = {CLOCK_FORWARD, {1000}, {1500}, "a"};
static const struct clock_message backward = {CLOCK_BACKWARD, {2000}, {1900}, "b"};

static void tightest_message_of_each_direction_binds(void **state)
{
	(void)state;
	const struct clock_message m[] = {
		{CLOCK_FORWARD, {1000}, {1900}, "loose"},
		forward,
		backward,
		{CLOCK_BACKWARD, {2000}, {1000}, "loose"},
	};
	struct clock_offset o = clock_offset_at(m, 4, 0, (struct dst_ns){1000});

	assert_int_equal(o.verdict, CLOCK_BOUNDED);
	assert_int_equal(o.lo_ns, -100);
	assert_int_equal(o.hi_ns, 500);
	assert_int_equal(o.lower, 2);
	assert_int_equal(o.upper, 1);
}

static void one_direction_gives_no_number(void **state)
{
	(void)state;
	struct dst_ns y0 = {1000};

	assert_int_equal(clock_offset_at(&forward, 1, 0, y0).verdict, CLOCK_UNBOUNDED);
	assert_int_equal(clock_offset_at(&backward, 1, 0, y0).verdict, CLOCK_UNBOUNDED);
	assert_int_equal(clock_offset_at(NULL, 0, 0, y0).verdict, CLOCK_UNBOUNDED);
}

static void message_received_before_it_was_sent_is_inconsistent(void **state)
{
	(void)state;
	const struct clock_message m[] = {forward, {CLOCK_BACKWARD, {2000}, {2501}, "stepped"}};
	struct clock_offset o = clock_offset_at(m, 2, 0, (struct dst_ns){1000});

	assert_int_equal(o.verdict, CLOCK_INCONSISTENT);
	assert_int_equal(o.lower, 1);
	assert_int_equal(o.upper, 0);
}

static void drift_widens_by_rate_times_distance_rounded_up(void **state)
{
	(void)state;
	const struct clock_message m[] = {forward, backward};
	/* 100 ppm over 1 s and 1 ns from the forward message: 100000.0001 ns. */
	struct clock_offset o = clock_offset_at(m, 2, 100000, (struct dst_ns){1000001501});

	assert_int_equal(o.hi_ns, 500 + 100001);
	assert_int_equal(o.lo_ns, -100 - 100000);
}

static void farthest_stamps_do_not_overflow(void **state)
{
	(void)state;
	const struct clock_message m[] = {
		{CLOCK_FORWARD, {0}, {CLOCK_NS_MAX}, "far"},
		{CLOCK_BACKWARD, {CLOCK_NS_MAX}, {0}, "far"},
	};
	struct clock_offset o = clock_offset_at(m, 2, 1000000000, (struct dst_ns){CLOCK_NS_MAX});

	assert_int_equal(o.verdict, CLOCK_BOUNDED);
	assert_int_equal(o.lo_ns, -2 * (int64_t)CLOCK_NS_MAX);
	assert_int_equal(o.hi_ns, CLOCK_NS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bounds_contain_true_offset_under_drift_and_asymmetric_delay),
		cmocka_unit_test(tightest_message_of_each_direction_binds),
		cmocka_unit_test(one_direction_gives_no_number),
		cmocka_unit_test(message_received_before_it_was_sent_is_inconsistent),
		cmocka_unit_test(drift_widens_by_rate_times_distance_rounded_up),
		cmocka_unit_test(farthest_stamps_do_not_overflow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
