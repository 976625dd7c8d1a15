/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a pass sent and what was made dirty in it; and whether the forecast comes true for a guest
 * and a QEMU whose ways are known. */
#include "core/passes/forecast.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#define MS	INT64_C(1000000)
#define S	(1000 * MS)
#define MIB	1048576.0
#define UNKNOWN UINT64_MAX

static void ram_take(struct passes *passes, int64_t at_ns, uint64_t pass, struct mt_ram ram)
{
	struct mt_event event = {.ktime_ns = (uint64_t)at_ns, .kind = MT_QEMU_RAM};

	event.ram = ram;
	event.ram.pass = pass;
	if (!ram.resident_bytes)
		event.ram.resident_bytes = UNKNOWN;
	passes_take(passes, &event);
}

static void state_take(struct passes *passes, int64_t at_ns, bool is_running)
{
	struct mt_event event = {.ktime_ns = (uint64_t)at_ns, .kind = MT_QEMU_RUN_STATE};

	event.run_state.is_running = is_running;
	passes_take(passes, &event);
}

static void step_take(struct passes *passes, int64_t at_ns, enum mt_step step, uint64_t about)
{
	struct mt_event event = {.ktime_ns = (uint64_t)at_ns, .kind = MT_QEMU_STEP};

	event.step.step = step;
	event.step.about = about;
	passes_take(passes, &event);
}

static void what_a_pass_did_is_told_by_the_next_one(void **state)
{
	struct passes passes = {0};
	const struct pass *pass = passes.pass;

	(void)state;
	/* syncs, remaining, sent, normal, zero */
	ram_take(&passes, 1 * S, 1, (struct mt_ram){0, 1, 1000 * QEMU_PAGE, 0, 0, 0});
	ram_take(&passes, 2 * S, UNKNOWN, (struct mt_ram){0, 1, 1000 * QEMU_PAGE, 9000, 2, 700});
	ram_take(&passes, 3 * S, 2, (struct mt_ram){0, 2, 60 * QEMU_PAGE, 41000, 10, 990});
	step_take(&passes, 3500 * MS, MT_STEP_THROTTLE, 20);
	state_take(&passes, 4 * S, false);
	ram_take(&passes, 5 * S, 3, (struct mt_ram){0, 3, 25 * QEMU_PAGE, 221000, 54, 990});
	assert_int_equal(passes.count, 3);
	step_take(&passes, 6 * S, MT_STEP_DEVICES_SAVE, 0);
	assert_int_equal(pass[0].number.v, 1);
	assert_int_equal(pass[0].at_ns, 1 * S);
	assert_int_equal(pass[0].length_ns.v, 2 * S);
	assert_int_equal(pass[0].remaining.v, 1000 * QEMU_PAGE);
	assert_int_equal(pass[0].handled.v, 1000 * QEMU_PAGE);
	assert_int_equal(pass[0].sent.v, 41000);
	assert_int_equal(pass[0].dirtied.v, 60 * QEMU_PAGE);
	assert_false(pass[0].throttle.known);
	/* 44 of the 60 were sent, 16 were left, and 9 were made dirty: until the guest stood still.
	 */
	assert_int_equal(pass[1].length_ns.v, 1 * S);
	assert_int_equal(pass[1].handled.v, 44 * QEMU_PAGE);
	assert_int_equal(pass[1].dirtied.v, 9 * QEMU_PAGE);
	assert_int_equal(pass[1].throttle.v, 20);
	assert_false(pass[1].is_halted);
	assert_true(pass[2].is_halted);
	assert_int_equal(pass[2].length_ns.v, 1 * S);
	assert_false(pass[2].sent.known);
	assert_false(pass[2].dirtied.known);
}

static void counters_that_are_not_a_passs_are_not_believed(void **state)
{
	static const struct mt_ram unknown = {0, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN};
	struct passes passes = {0};
	struct forecast forecast;

	(void)state;
	ram_take(&passes, 1 * S, 1, (struct mt_ram){0, 7, 1000 * QEMU_PAGE, 0, 0, 0});
	ram_take(&passes, 2 * S, 2, unknown);
	assert_int_equal(passes.count, 2);
	assert_int_equal(passes.pass[0].length_ns.v, 1 * S);
	assert_false(passes.pass[0].remaining.known);
	assert_false(passes.pass[0].handled.known);
	assert_false(passes.pass[0].dirtied.known);
	forecast_of(&passes, 3 * S, &forecast);
	assert_string_equal(forecast.why_unknown, "QEMU's counters of what it sent were not seen");
	/* Numbers that would overflow are none. */
	passes = (struct passes){0};
	ram_take(&passes, 1 * S, 1, (struct mt_ram){0, 1, 1, 0, INT64_MAX, INT64_MAX});
	assert_false(passes.begun.handled.known);
}

static void of_many_passes_the_last_ones_are_kept(void **state)
{
	struct passes passes = {0};

	(void)state;
	for (uint64_t i = 1; i <= PASSES_MAX + 10; i++)
		ram_take(&passes, (int64_t)i * S, i, (struct mt_ram){0, i, QEMU_PAGE, 0, 0, 0});
	assert_int_equal(passes.count, PASSES_MAX);
	assert_int_equal(passes.left_out, 10);
	assert_int_equal(passes.pass[0].number.v, 11);
	assert_int_equal(passes.pass[PASSES_MAX - 1].number.v, PASSES_MAX + 10);
}

/* A guest of 2 GiB, half of it zero, which makes pages of a set dirty at random; and its link. */
struct world {
	double set, rate, per_s; /* bytes, per second, bytes per second */
	int64_t now_ns;
	double remaining, sent;
	uint64_t normal, zero, pass;
	struct passes passes;
};

static void world_tell(struct world *world, bool is_pass)
{
	ram_take(&world->passes, world->now_ns, is_pass ? world->pass : UNKNOWN,
		 (struct mt_ram){0, world->pass, (uint64_t)world->remaining, (uint64_t)world->sent,
				 world->normal, world->zero});
}

static void world_send(struct world *world, double bytes)
{
	world->sent += bytes;
	world->normal += (uint64_t)(bytes / QEMU_PAGE);
	world->now_ns += (int64_t)(bytes / world->per_s * 1e9);
}

/* Goes on until that time, if it is not over before. Returns whether it is. */
static bool world_run(struct world *world, int64_t until_ns)
{
	double threshold = world->per_s * 0.3, left = world->remaining, begun;

	begun = (double)world->now_ns;
	while (world->now_ns < until_ns) {
		if (left <= threshold) {
			double seconds = ((double)world->now_ns - begun) / 1e9;

			left += world->set * (1 - exp(-world->rate * seconds));
			begun = (double)world->now_ns;
			world->remaining = left;
			world->pass++;
			world_tell(world, true);
			if (left <= threshold)
				return true;
		}
		world_send(world, fmin(left, world->per_s * 0.05));
		left = fmax(0, left - world->per_s * 0.05);
		world_tell(world, false);
	}
	return false;
}

static struct world world_make(double set, double rate, double per_s)
{
	struct world world = {.set = set, .rate = rate, .per_s = per_s, .pass = 1};

	world.remaining = 2048 * MIB;
	world_tell(&world, true);
	world.zero = (uint64_t)(1024 * MIB / QEMU_PAGE); /* at once, as they cost nothing */
	world.remaining = 1024 * MIB;
	return world;
}

/* The guest is down until what was left is sent; nothing else is counted here. */
static void foreseen_is(struct world *world, int64_t at_ns)
{
	struct forecast forecast;
	double downtime_ns, end_ns;

	assert_false(world_run(world, at_ns));
	forecast_of(&world->passes, world->now_ns, &forecast);
	assert_null(forecast.why_unknown);
	assert_true(forecast.completes);
	assert_true(world_run(world, 1000 * S));
	downtime_ns = world->remaining / world->per_s * 1e9;
	end_ns = (double)world->now_ns + downtime_ns;
	assert_true(fabs((double)forecast.end_ns / end_ns - 1) < 0.15);
	assert_true((double)forecast.downtime_ns < 2 * downtime_ns + 60e6);
	assert_true((double)forecast.downtime_ns * 2 > downtime_ns);
}

static void a_forecast_comes_true_where_the_guest_goes_on(void **state)
{
	struct world calm = world_make(64 * MIB, 0.5, 100 * MIB);
	struct world busy = world_make(400 * MIB, 0.2, 100 * MIB);
	struct world busier = world_make(800 * MIB, 0.1, 100 * MIB);

	(void)state;
	foreseen_is(&calm, 10500 * MS);
	foreseen_is(&busy, 12500 * MS);
	foreseen_is(&busier, 19000 * MS);
}

/* 400 MiB made dirty at 400 MiB a second, of which 100 can be sent: the set never gets smaller. */
static void what_comes_to_no_end_is_told_with_what_would_end_it(void **state)
{
	struct world world = world_make(400 * MIB, 1, 100 * MIB), helped;
	struct forecast forecast;

	(void)state;
	assert_false(world_run(&world, 60 * S));
	forecast_of(&world.passes, world.now_ns, &forecast);
	assert_null(forecast.why_unknown);
	assert_false(forecast.completes);
	assert_true(forecast.remedy.limit_ms.known && forecast.remedy.bytes_per_s.known &&
		    forecast.remedy.throttle.known);
	assert_true(fabs((double)forecast.dirty_per_s / (400 * MIB) - 1) < 0.25);
	helped = world_make(400 * MIB, 1, (double)forecast.remedy.bytes_per_s.v * 1.1);
	assert_true(world_run(&helped, 1000 * S));
	helped = world_make(400 * MIB, 1, (double)forecast.remedy.bytes_per_s.v * 0.8);
	assert_false(world_run(&helped, 1000 * S));
	helped = world_make(400 * MIB, 1 - (double)forecast.remedy.throttle.v / 100 - 0.02,
			    100 * MIB);
	assert_true(world_run(&helped, 1000 * S));
}

static void nothing_is_foreseen_before_anything_was_sent(void **state)
{
	struct passes passes = {0};
	struct forecast forecast;

	(void)state;
	forecast_of(&passes, 0, &forecast);
	assert_string_equal(forecast.why_unknown, "no pass over the guest's RAM was seen");
	ram_take(&passes, 1 * S, 1, (struct mt_ram){0, 1, 1000 * QEMU_PAGE, 0, 0, 0});
	forecast_of(&passes, 1 * S, &forecast);
	assert_string_equal(forecast.why_unknown, "too little was sent as yet");
	/* In the first pass the rest of it is known, and no more. */
	ram_take(&passes, 2 * S, UNKNOWN,
		 (struct mt_ram){0, 1, 1000 * QEMU_PAGE, 250 * QEMU_PAGE, 250, 0});
	forecast_of(&passes, 2 * S, &forecast);
	assert_null(forecast.why_unknown);
	assert_true(forecast.is_first_pass);
	assert_int_equal(forecast.remaining, 750 * QEMU_PAGE);
	assert_int_equal(forecast.bytes_per_s, 250 * QEMU_PAGE);
	/* What QEMU never touched is no work: 50 pages are left. */
	passes = (struct passes){0};
	ram_take(&passes, 1 * S, 1,
		 (struct mt_ram){0, 1, 1000 * QEMU_PAGE, 0, 0, 0, 300 * QEMU_PAGE});
	ram_take(&passes, 2 * S, UNKNOWN,
		 (struct mt_ram){0, 1, 1000 * QEMU_PAGE, 250 * QEMU_PAGE, 250, 0, 0});
	forecast_of(&passes, 2 * S, &forecast);
	assert_int_equal(forecast.remaining, 50 * QEMU_PAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_pass_did_is_told_by_the_next_one),
		cmocka_unit_test(counters_that_are_not_a_passs_are_not_believed),
		cmocka_unit_test(of_many_passes_the_last_ones_are_kept),
		cmocka_unit_test(a_forecast_comes_true_where_the_guest_goes_on),
		cmocka_unit_test(what_comes_to_no_end_is_told_with_what_would_end_it),
		cmocka_unit_test(nothing_is_foreseen_before_anything_was_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
