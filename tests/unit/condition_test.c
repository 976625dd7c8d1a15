/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What conditions claim: judged by the bound that makes them certain, undecided in between. */
#include "core/figures/condition.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define MS INT64_C(1000000)

static enum condition_result judge(const char *text, int64_t lo_ns, int64_t hi_ns)
{
	struct figures figures = {
		.downtime = {true, (lo_ns + hi_ns) / 2, lo_ns, hi_ns, .how = "told"},
		.blackout = {true, 0, 0, 0, .how = "told"},
	};
	struct condition condition;

	assert_true(condition_parse(text, &condition));
	return condition_judge(&condition, &figures);
}

static void the_whole_interval_decides(void **cmocka)
{
	(void)cmocka;
	assert_int_equal(judge("downtime>500ms", 500 * MS + 1, 600 * MS), CONDITION_HOLDS);
	assert_int_equal(judge("downtime>500ms", 500 * MS, 600 * MS), CONDITION_UNDECIDED);
	assert_int_equal(judge("downtime>500ms", 400 * MS, 500 * MS), CONDITION_FAILS);
	assert_int_equal(judge("downtime>=500ms", 500 * MS, 600 * MS), CONDITION_HOLDS);
	assert_int_equal(judge("downtime>=500ms", 400 * MS, 500 * MS), CONDITION_UNDECIDED);
	assert_int_equal(judge("downtime<500ms", 400 * MS, 500 * MS - 1), CONDITION_HOLDS);
	assert_int_equal(judge("downtime<500ms", 400 * MS, 500 * MS), CONDITION_UNDECIDED);
	assert_int_equal(judge("downtime<500ms", 500 * MS, 600 * MS), CONDITION_FAILS);
	assert_int_equal(judge("downtime<=500ms", 400 * MS, 500 * MS), CONDITION_HOLDS);
	assert_int_equal(judge("downtime<=500ms", 500 * MS + 1, 600 * MS), CONDITION_FAILS);
	assert_int_equal(judge("blackout<1us", 400 * MS, 500 * MS), CONDITION_HOLDS);
}

/* A recovery's own figures are not what its users had. */
static void a_recovery_is_judged_as_a_whole(void **cmocka)
{
	struct figures figures = {
		.downtime = quantity_unknown("the guest ran on the destination already"),
		.elapsed = quantity_exact(3000 * MS, "told"),
		.recovery = {.part = RECOVERY_RESUMED,
			     .downtime = quantity_exact(20 * MS, "told"),
			     .elapsed = quantity_exact(5000 * MS, "told")},
	};
	struct condition condition;

	(void)cmocka;
	assert_true(condition_parse("downtime>10ms", &condition));
	assert_int_equal(condition_judge(&condition, &figures), CONDITION_HOLDS);
	assert_true(condition_parse("elapsed<4s", &condition));
	assert_int_equal(condition_judge(&condition, &figures), CONDITION_FAILS);
	figures.recovery.part = RECOVERY_BROKE;
	assert_int_equal(condition_judge(&condition, &figures), CONDITION_HOLDS);
}

static void part_add(struct figures *figures, enum place place, int64_t ns)
{
	figures->breakdown.part[figures->breakdown.count++] = (struct part){
		.place = place, .is_downtime = true, .duration = quantity_exact(ns, "told")};
}

/* One side's part is the least that the whole can be: enough to be over, never to be under. */
static void one_side_is_a_least(void **cmocka)
{
	static struct figures figures;
	struct condition condition;

	(void)cmocka;
	figures.downtime = figures.blackout = figures.transfer = quantity_unknown("not seen");
	part_add(&figures, PLACE_SOURCE, 40 * MS);
	assert_true(condition_parse("downtime>39ms", &condition));
	assert_int_equal(condition_judge(&condition, &figures), CONDITION_HOLDS);
	assert_true(condition_parse("downtime>40ms", &condition));
	assert_int_equal(condition_judge(&condition, &figures), CONDITION_UNDECIDED);
	assert_true(condition_parse("downtime<30ms", &condition));
	assert_int_equal(condition_judge(&condition, &figures), CONDITION_FAILS);
	assert_true(condition_parse("downtime<50ms", &condition));
	assert_int_equal(condition_judge(&condition, &figures), CONDITION_UNDECIDED);
	/* Parts of the downtime are none of these. */
	assert_true(condition_parse("transfer>39ms", &condition));
	assert_int_equal(condition_judge(&condition, &figures), CONDITION_UNDECIDED);
	assert_true(condition_parse("blackout>39ms", &condition));
	assert_int_equal(condition_judge(&condition, &figures), CONDITION_UNDECIDED);
	figures.network.in = quantity_unknown("no traffic");
	figures.network.out = quantity_between(2000 * MS, 2010 * MS, "");
	assert_true(condition_parse("network_in>39ms", &condition));
	assert_int_equal(condition_judge(&condition, &figures), CONDITION_UNDECIDED);
	assert_true(condition_parse("network_out>1s", &condition));
	assert_int_equal(condition_judge(&condition, &figures), CONDITION_HOLDS);
	figures.brownout.before.lost = quantity_exact(4000 * MS, "");
	figures.brownout.after.lost = quantity_unknown("no vCPU was watched");
	assert_true(condition_parse("brownout_before>3s", &condition));
	assert_int_equal(condition_judge(&condition, &figures), CONDITION_HOLDS);
	assert_true(condition_parse("brownout_after>3s", &condition));
	assert_int_equal(condition_judge(&condition, &figures), CONDITION_UNDECIDED);
	figures.disks.blackout = quantity_between(90 * MS, 110 * MS, "");
	assert_true(condition_parse("disk_blackout>100ms", &condition));
	assert_int_equal(condition_judge(&condition, &figures), CONDITION_UNDECIDED);
	assert_true(condition_parse("disk_blackout>80ms", &condition));
	assert_int_equal(condition_judge(&condition, &figures), CONDITION_HOLDS);
}

static void times_and_blanks_are_read(void **cmocka)
{
	static const struct {
		const char *text;
		int64_t ns;
	} good[] = {{"elapsed > 1.5 s", 1500 * MS},
		    {"elapsed_net<=20us", 20000},
		    {"transfer>=2m", 120000 * MS},
		    {"elapsed>1h", 3600000 * MS},
		    {"downtime_net<0ms", 0}};
	static const char *const bad[] = {
		"",
		"downtime",
		"downtime=5ms",
		"downtime>",
		"downtime>5",
		"downtime>-5ms",
		"down>5ms",
		"downtime>5 ks",
		"downtime>nanms",
		">5ms",
		"downtimes>5ms",
		"downtime>infs",
		"downtime>1e30s",
		"downtime>5ms ms",
	};
	struct condition condition;

	(void)cmocka;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(condition_parse(good[i].text, &condition));
		assert_int_equal(condition.ns, good[i].ns);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (condition_parse(bad[i], &condition))
			fail_msg("'%s' was taken for a condition", bad[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_whole_interval_decides),
		cmocka_unit_test(a_recovery_is_judged_as_a_whole),
		cmocka_unit_test(one_side_is_a_least),
		cmocka_unit_test(times_and_blanks_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
