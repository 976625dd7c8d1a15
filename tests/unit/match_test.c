// SPDX-License-Identifier: GPL-2.0-or-later
/* Which sides are one migration: what joins them, and what keeps them apart under any clocks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/match/migration.h"
#include "core/recording/store.h"
#include "simulation.h"

#define MS INT64_C(1000000)

static const uint8_t domain[MT_UUID] = {7};
static struct host a, b;
static struct sides sides[2];
static struct migrations migrations;

/* Both wall clocks are right, and host b's CLOCK_MONOTONIC is ahead. */
static int hosts_init(void **state)
{
	(void)state;
	host_init(&a, "a", 100, 0, 0);
	host_init(&b, "b", 200, 7300 * MS, 0);
	return 0;
}

static int hosts_free(void **state)
{
	(void)state;
	migrations_free(&migrations);
	sides_free(&sides[0]);
	sides_free(&sides[1]);
	return 0;
}

static void correlate(int64_t wall_apart_ns)
{
	struct host *hosts[] = {&a, &b};

	for (int i = 0; i < 2; i++) {
		for (int j = -1; j <= 2; j++)
			host_snapshot(hosts[i], j * 100000 * MS, 0);
		for (int j = 0; j < 4; j++)
			hosts[i]->snapshots[j].real_ns -= hosts[i]->ahead_ns - i * wall_apart_ns;
		assert_int_equal(sides_find(&hosts[i]->recording, &sides[i]), 0);
	}
	assert_int_equal(migrations_match(sides, 2, &(struct matching){0}, &migrations), 0);
}

static void cookie(struct mt_event *event, uint64_t hash)
{
	event->cookie.len = 100;
	event->cookie.hash = hash;
	if (event->kind == MT_COOKIE_FORMAT)
		event->format.party = 1;
}

/* One that Prepare refuses, of which the two sides have only Begin's cookie in common. */
static void attempt_on_source(struct host *host, int64_t ns, int64_t prepare_ns)
{
	struct mt_event *event;

	host_event(host, domain, ns, MT_PERFORM, MT_ENTER)->perform.is_p2p = 1;
	cookie(host_event(host, domain, ns + MS, MT_COOKIE_FORMAT, MT_RETURN), 5);
	event = host_event(host, domain, ns + 2 * MS, MT_RPC_CLIENT_SEND, MT_ENTER);
	event->rpc.proc = 303;
	event = host_event(host, domain, ns + 4 * MS + prepare_ns, MT_RPC_CLIENT_RECEIVE, MT_ENTER);
	event->rpc.proc = 303;
	event->rpc.status = 1;
	host_event(host, domain, ns + 5 * MS + prepare_ns, MT_PERFORM, MT_RETURN)->result.returned =
		-1;
}

static void attempt_on_destination(struct host *host, int64_t ns, int64_t prepare_ns)
{
	cookie(host_event(host, domain, ns + 3 * MS, MT_PREPARE, MT_ENTER), 5);
	host_event(host, domain, ns + 3 * MS + prepare_ns, MT_PREPARE, MT_RETURN)->result.returned =
		-1;
}

static void attempt(int64_t ns)
{
	attempt_on_source(&a, ns, 20 * MS);
	attempt_on_destination(&b, ns, 20 * MS);
}

static size_t joined(void)
{
	size_t count = 0;

	for (size_t i = 0; i < migrations.count; i++)
		count += migrations.migration[i].matched != NULL;
	return count;
}

static void attempts_as_many_on_both_hosts_are_joined_in_their_order(void **state)
{
	(void)state;
	attempt(1000 * MS);
	attempt(2000 * MS);
	attempt(3500 * MS);
	correlate(300 * MS);
	assert_int_equal(migrations.count, 3);
	assert_int_equal(joined(), 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(migrations.migration[i].destination->events[0]->ktime_ns,
				 migrations.migration[i].source->events[0]->ktime_ns + 7303 * MS);
}

/* The wall clocks may be those of the attempt before. */
static void attempts_closer_than_the_wall_clocks_are_not_joined(void **state)
{
	(void)state;
	attempt(1000 * MS);
	attempt(2000 * MS);
	correlate(600 * MS);
	assert_int_equal(migrations.count, 4);
	assert_int_equal(joined(), 0);
}

static void attempts_of_which_one_may_be_lacking_are_not_joined(void **state)
{
	(void)state;
	attempt(1000 * MS);
	attempt_on_source(&a, 2000 * MS, 20 * MS);
	correlate(0);
	assert_int_equal(migrations.count, 3);
	assert_int_equal(joined(), 0);
}

static void an_attempt_of_another_time_is_another(void **state)
{
	(void)state;
	attempt_on_source(&a, 1000 * MS, 20 * MS);
	attempt_on_destination(&b, 12000 * MS, 20 * MS);
	correlate(0);
	assert_int_equal(migrations.count, 2);
	assert_int_equal(joined(), 0);
}

/* Nobody waits less long for an answer than the other takes to give it. */
static void a_call_that_took_longer_there_is_another(void **state)
{
	(void)state;
	attempt_on_source(&a, 1000 * MS, 20 * MS);
	attempt_on_destination(&b, 1000 * MS, 25 * MS);
	correlate(0);
	assert_int_equal(migrations.count, 2);
	assert_int_equal(joined(), 0);
}

static void one_alone_is_joined(void **state)
{
	(void)state;
	attempt(1000 * MS);
	correlate(0);
	assert_int_equal(migrations.count, 1);
	assert_string_equal(migrations.migration[0].matched, "begin cookie");
}

/* It left, and came back from a host that was not recorded. */
static void sides_of_one_daemon_are_two(void **state)
{
	uint64_t rng = 5;

	(void)state;
	simulate_p2p(&a, &b, &rng, 1000 * MS, 7);
	b.recording.event_count = 0;
	simulate_p2p(&b, &a, &rng, 4000 * MS, 7);
	b.recording.event_count = 0;
	correlate(0);
	assert_int_equal(migrations.count, 2);
	assert_int_equal(joined(), 0);
}

static void other_cookies_are_other_migrations(void **state)
{
	uint64_t rng = 5;

	(void)state;
	simulate_p2p(&a, &b, &rng, 1000 * MS, 7);
	for (size_t i = 0; i < b.recording.event_count; i++)
		if (b.events[i].kind == MT_FINISH && b.events[i].edge == MT_ENTER)
			b.events[i].finish.cookie.hash++;
	correlate(0);
	assert_int_equal(migrations.count, 2);
	assert_int_equal(joined(), 0);
}

/* What is sure shows how far the clocks are apart, so that wall clocks do not matter. */
static void one_that_is_sure_tells_which_attempts_belong_together(void **state)
{
	uint64_t rng = 5;

	(void)state;
	attempt(1000 * MS);
	attempt(2000 * MS);
	attempt_on_source(&a, 3000 * MS, 20 * MS);
	simulate_p2p(&a, &b, &rng, 5000 * MS, 7);
	correlate(3600000 * MS);
	assert_int_equal(migrations.count, 4);
	assert_int_equal(joined(), 3);
	assert_null(migrations.migration[2].matched);
	assert_string_equal(migrations.migration[3].matched, "cookie");
}

#define MATCH_TEST(f) cmocka_unit_test_setup_teardown(f, hosts_init, hosts_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
		MATCH_TEST(attempts_as_many_on_both_hosts_are_joined_in_their_order),
		MATCH_TEST(attempts_closer_than_the_wall_clocks_are_not_joined),
		MATCH_TEST(attempts_of_which_one_may_be_lacking_are_not_joined),
		MATCH_TEST(an_attempt_of_another_time_is_another),
		MATCH_TEST(a_call_that_took_longer_there_is_another),
		MATCH_TEST(one_alone_is_joined),
		MATCH_TEST(sides_of_one_daemon_are_two),
		MATCH_TEST(other_cookies_are_other_migrations),
		MATCH_TEST(one_that_is_sure_tells_which_attempts_belong_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
