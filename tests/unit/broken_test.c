/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a post-copy is broken before an attempt and at its end, whenever its QEMU noticed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/recording/store.h"
#include "core/side/broken.h"
#include "simulation.h"

#define MS INT64_C(1000000)

static const uint8_t domain[MT_UUID] = {7}, another[MT_UUID] = {8};

static struct host host;
static struct sides sides;

static struct mt_event *state_is(const uint8_t uuid[MT_UUID], int64_t ms, const char *name)
{
	struct mt_event *event =
		host_event(&host, uuid, ms * MS, MT_QEMU_MIGRATION_STATE, MT_ENTER);

	event->tgid = 777;
	event->text_len = (uint16_t)snprintf(event->text, MT_TEXT, "%s", name);
	return event;
}

static void attempt(int64_t from_ms, int64_t to_ms)
{
	host_event(&host, domain, from_ms * MS, MT_PERFORM, MT_ENTER)->perform.is_p2p = 1;
	host_event(&host, domain, to_ms * MS, MT_PERFORM, MT_RETURN)->result.returned = -1;
}

static int host_begins(void **state)
{
	(void)state;
	host_init(&host, "a", 100, 0, 0);
	host_snapshot(&host, 0, 0);
	return 0;
}

static int host_ends(void **state)
{
	(void)state;
	sides_free(&sides);
	return 0;
}

/* Two attempts, the first of which was switched to post-copy. Returns the second one. */
static const struct side *second_found(void)
{
	attempt(1000, 1100);
	state_is(domain, 1050, "postcopy-active");
	attempt(1200, 1300);
	host_snapshot(&host, 10000 * MS, 0);
	recording_sort(&host.recording);
	assert_int_equal(sides_find(&host.recording, &sides), 0);
	assert_int_equal(sides.count, 2);
	return &sides.side[1];
}

/* By the clock of the tests: the first attempt begins at 1000 ms. */
static int64_t ms_of(const struct mt_event *event)
{
	assert_non_null(event);
	return ((int64_t)event->ktime_ns - event_ns(sides.side[0].events[0])) / MS + 1000;
}

/* QEMU says then that it is broken: both attempts are so from then on. Returns the second one. */
static const struct side *noticed_at(int64_t ms)
{
	const struct side *second;

	state_is(domain, ms, "postcopy-paused");
	second = second_found();
	assert_int_equal(ms_of(broken_before(second)), ms);
	assert_int_equal(ms_of(broken_at_end(&sides.side[0])), ms);
	assert_int_equal(ms_of(broken_at_end(second)), ms);
	return second;
}

static void noticed_in_the_first(void **state)
{
	(void)state;
	state_is(another, 1070, "completed");
	noticed_at(1060);
	assert_null(broken_before(&sides.side[0]));
}

static void noticed_in_the_second(void **state)
{
	(void)state;
	noticed_at(1250);
}

static void noticed_behind_both(void **state)
{
	const struct side *second;

	(void)state;
	second = noticed_at(1400);
	assert_null(broken_mended(second, broken_at_end(second)));
}

static void completed_is_not_broken(void **state)
{
	const struct side *second;

	(void)state;
	state_is(domain, 1090, "completed");
	state_is(domain, 1400, "postcopy-paused");
	second = second_found();
	assert_null(broken_before(second));
	assert_null(broken_at_end(&sides.side[0]));
}

static void resumed_is_mended(void **state)
{
	const struct side *second;

	(void)state;
	state_is(domain, 1060, "postcopy-paused");
	state_is(domain, 1220, "postcopy-recover");
	state_is(domain, 1240, "postcopy-active");
	state_is(domain, 1290, "completed");
	second = second_found();
	assert_int_equal(ms_of(broken_before(second)), 1060);
	assert_null(broken_at_end(second));
	assert_int_equal(ms_of(broken_mended(second, broken_before(second))), 1240);
}

static void an_impostor_says_nothing(void **state)
{
	const struct side *second;

	(void)state;
	state_is(domain, 1060, "postcopy-paused")->uuid_check = MT_DISAGREES;
	second = second_found();
	assert_null(broken_before(second));
	assert_null(broken_at_end(second));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, host_begins, host_ends)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(noticed_in_the_first), CASE(noticed_in_the_second),
		CASE(noticed_behind_both),  CASE(completed_is_not_broken),
		CASE(resumed_is_mended),    CASE(an_impostor_says_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
