// SPDX-License-Identifier: GPL-2.0-or-later
/* What is known not to have happened: only what would have been seen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/side/unseen.h"
#include "simulation.h"

#define MS INT64_C(1000000)

static struct scene scene;
static struct truth truth;

static int scene_make(void **state)
{
	uint64_t rng = 3;

	(void)state;
	scene_init(&scene, 0, 0);
	truth = simulate_p2p(&scene.a, &scene.b, &rng, 1000 * MS, 7);
	return 0;
}

static int scene_end(void **state)
{
	(void)state;
	scene_free(&scene);
	return 0;
}

/* Takes away the source's events of that kind and edge. */
static void unsee(enum mt_kind kind, enum mt_edge edge)
{
	for (size_t i = 0; i < scene.a.recording.event_count; i++)
		if (scene.a.events[i].kind == kind && scene.a.events[i].edge == edge)
			scene.a.events[i].kind = MT_TCP_STATE;
}

static const char *why_of(enum mt_kind kind, int64_t from_ns, int64_t to_ns)
{
	scene_correlate(&scene);
	return unseen_why(scene.migrations.migration[0].source, kind, from_ns, to_ns);
}

static const char *why(enum mt_kind kind)
{
	return why_of(kind, 0, INT64_MAX);
}

static void whole_job_shows_all(void **state)
{
	(void)state;
	assert_null(why(MT_MONITOR_EVENT));
	assert_null(
		unseen_why(scene.migrations.migration[0].destination, MT_START_CPUS, 0, INT64_MAX));
}

static void recorder_that_came_later_has_not_seen_the_begin(void **state)
{
	(void)state;
	unsee(MT_PERFORM, MT_ENTER);
	assert_string_equal(why(MT_RUN), "the job's begin was not seen");
	assert_null(unseen_why(scene.migrations.migration[0].source, MT_RUN,
			       host_clock(&scene.a, truth.stopped), INT64_MAX));
}

static void recording_that_was_cut_has_not_seen_the_end(void **state)
{
	(void)state;
	unsee(MT_PERFORM, MT_RETURN);
	unsee(MT_RPC_SERVER_SEND, MT_ENTER);
	assert_string_equal(why(MT_MONITOR_EVENT), "the recording ended before the job did");
	assert_null(unseen_why(scene.migrations.migration[0].source, MT_MONITOR_EVENT, 0,
			       host_clock(&scene.a, truth.sent)));
}

static void daemon_that_ended_has_not_said_how(void **state)
{
	struct daemon daemon = {.pid = 100, .gone_ns = host_clock(&scene.a, 100000 * MS)};

	(void)state;
	unsee(MT_PERFORM, MT_RETURN);
	unsee(MT_RPC_SERVER_SEND, MT_ENTER);
	scene.a.recording.daemons = &daemon;
	scene.a.recording.daemon_count = 1;
	assert_string_equal(why(MT_MONITOR_EVENT), "its libvirt ended before the job did");
}

static void probe_that_is_missing_shows_nothing(void **state)
{
	struct missing missing = {"virDomainObjSetState"};

	(void)state;
	scene.a.recording.missing = &missing;
	scene.a.recording.missing_count = 1;
	assert_string_equal(why(MT_SET_STATE), "what would show it is not probed");
	assert_null(unseen_why(scene.migrations.migration[0].source, MT_RUN, 0, INT64_MAX));
	assert_string_equal(
		unseen_why(scene.migrations.migration[0].source, MT_QEMU_RUN_STATE, 0, INT64_MAX),
		"QEMU itself is not probed");
}

static void what_was_lost_may_have_been_it(void **state)
{
	(void)state;
	host_snapshot(&scene.a, 0, 0);
	host_snapshot(&scene.a, truth.run, 0);
	host_snapshot(&scene.a, truth.sent, 1);
	host_snapshot(&scene.a, 100000 * MS, 1);
	assert_string_equal(why(MT_MONITOR_EVENT), "events were lost while it ran");
	assert_null(unseen_why(scene.migrations.migration[0].source, MT_MONITOR_EVENT, 0,
			       host_clock(&scene.a, truth.run) - 1));
}

static void what_was_in_a_gap_may_have_been_it(void **state)
{
	struct gap gap = {.from_ns = host_clock(&scene.a, truth.stopped),
			  .to_ns = host_clock(&scene.a, truth.sent),
			  .why = "the recording has a gap"};

	(void)state;
	scene.a.recording.gaps = &gap;
	scene.a.recording.gap_count = 1;
	assert_string_equal(why(MT_MONITOR_EVENT), "the recording has a gap");
	assert_null(unseen_why(scene.migrations.migration[0].source, MT_MONITOR_EVENT, gap.to_ns,
			       INT64_MAX));
}

#define UNSEEN_TEST(test) cmocka_unit_test_setup_teardown(test, scene_make, scene_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNSEEN_TEST(whole_job_shows_all),
		UNSEEN_TEST(recorder_that_came_later_has_not_seen_the_begin),
		UNSEEN_TEST(recording_that_was_cut_has_not_seen_the_end),
		UNSEEN_TEST(daemon_that_ended_has_not_said_how),
		UNSEEN_TEST(probe_that_is_missing_shows_nothing),
		UNSEEN_TEST(what_was_lost_may_have_been_it),
		UNSEEN_TEST(what_was_in_a_gap_may_have_been_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
