/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a timeline claims: the truth within each error, and no overlap on a track. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/account/account.h"
#include "core/picture/lanes.h"
#include "core/match/migration.h"
#include "core/event/qmp.h"
#include "core/picture/timeline.h"
#include "simulation.h"

#define MS    INT64_C(1000000)
#define SEEDS 200
#define FIRST (1000 * MS)

static struct host a, b;
static struct sides sides[2];
static struct migrations migrations;
static struct account account;
static struct timeline timeline;
static uint64_t current_seed;

static void draw(size_t hosts)
{
	host_snapshot(&a, 60000 * MS, 0);
	host_snapshot(&b, 60000 * MS, 0);
	host_snapshot(&a, 120000 * MS, 0);
	host_snapshot(&b, 120000 * MS, 0);
	assert_int_equal(sides_find(&a.recording, &sides[0]), 0);
	assert_int_equal(sides_find(&b.recording, &sides[1]), 0);
	assert_int_equal(migrations_match(sides, hosts, &(struct matching){0}, &migrations), 0);
	assert_true(migrations.count > 0);
	account_make(&migrations.migration[0], &(struct account_request){0}, &account);
	assert_int_equal(timeline_find(&account, &timeline), 0);
}

static void forget(void)
{
	timeline_free(&timeline);
	migrations_free(&migrations);
	sides_free(&sides[0]);
	sides_free(&sides[1]);
}

static void begin(int64_t ahead_ns, int64_t ppb)
{
	host_init(&a, "a", 100, 0, 0);
	host_init(&b, "b", 200, ahead_ns, ppb);
	host_snapshot(&a, -60000 * MS, 0);
	host_snapshot(&b, -60000 * MS, 0);
	host_snapshot(&a, 0, 0);
	host_snapshot(&b, 0, 0);
}

static const struct timeline_span *find(enum timeline_host host, const char *name)
{
	for (size_t i = 0; i < timeline.count; i++)
		if (timeline.span[i].host == host && !strcmp(timeline.span[i].name, name))
			return &timeline.span[i];
	print_message("no %s\n", name);
	assert_true(false);
	return NULL;
}

/* The last one of that name: instants come with the spans of their track. */
static const struct timeline_span *find_last(const char *name)
{
	const struct timeline_span *found = NULL;

	for (size_t i = 0; i < timeline.count; i++)
		if (!strcmp(timeline.span[i].name, name))
			found = &timeline.span[i];
	assert_non_null(found);
	return found;
}

static int by_time(const void *x, const void *y)
{
	const struct mt_event *one = x, *other = y;

	return one->ktime_ns < other->ktime_ns ? -1 : one->ktime_ns > other->ktime_ns;
}

/* Whether what is true is within the error of what is shown; both begin with the migration. */
static void assert_shown(int64_t at_ns, int64_t error_ns, int64_t true_ns)
{
	if (llabs(at_ns - true_ns) > error_ns + 2) {
		print_message("seed %llu: %lld +- %lld, but %lld is true\n",
			      (unsigned long long)current_seed, (long long)at_ns,
			      (long long)error_ns, (long long)true_ns);
		assert_true(false);
	}
}

static void assert_span(enum timeline_host host, const char *name, int64_t from_ns, int64_t to_ns)
{
	const struct timeline_span *span = find(host, name);

	assert_shown(span->at_ns, span->at_error_ns, from_ns);
	assert_shown(span->at_ns + span->ns, span->end_error_ns, to_ns);
}

static void truth_is_within_each_error(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		uint64_t rng = current_seed = seed;
		struct truth truth;

		begin(random_between(&rng, -7300 * MS, 7300 * MS),
		      random_between(&rng, -20000, 20000));
		truth = simulate_p2p(&a, &b, &rng, FIRST, 7);
		draw(2);
		assert_true(timeline.is_common);
		assert_null(timeline.why_not_common);
		assert_span(TIMELINE_SOURCE, "Perform", 0, truth.performed - FIRST);
		assert_span(TIMELINE_SOURCE, "Run", truth.run - FIRST, truth.ran - FIRST);
		assert_span(TIMELINE_DESTINATION, "Prepare", truth.prepare - FIRST,
			    truth.prepared - FIRST);
		assert_span(TIMELINE_DESTINATION, "Finish", truth.received - FIRST,
			    truth.finished - FIRST);
		assert_span(TIMELINE_BOTH, "downtime", truth.stopped - FIRST, truth.done - FIRST);
		assert_span(TIMELINE_BOTH, "elapsed", 0, truth.done - FIRST);
		assert_int_equal(find(TIMELINE_SOURCE, "Run")->end_error_ns, 0);
		assert_true(find(TIMELINE_DESTINATION, "Finish")->at_error_ns > 0);
		assert_int_equal(find(TIMELINE_BOTH, "downtime")->ns,
				 account.figures.downtime.est_ns);
		forget();
	}
}

static void parts_are_adjacent_and_fill_the_downtime(void **state)
{
	const struct timeline_span *whole;
	int64_t end_ns = -1, from_ns = 0;
	uint64_t rng = 5;

	(void)state;
	begin(7300 * MS, 0);
	simulate_p2p(&a, &b, &rng, FIRST, 7);
	draw(2);
	whole = find(TIMELINE_BOTH, "downtime");
	for (size_t i = 0; i < timeline.count; i++) {
		const struct timeline_span *span = &timeline.span[i];

		if (span->track != TIMELINE_PARTS)
			continue;
		if (end_ns < 0)
			from_ns = span->at_ns;
		else
			assert_int_equal(span->at_ns, end_ns);
		end_ns = span->at_ns + span->ns;
	}
	assert_int_equal(from_ns, whole->at_ns);
	assert_int_equal(end_ns, whole->at_ns + whole->ns);
	forget();
}

static void one_host_alone_has_an_axis_of_its_own(void **state)
{
	uint64_t rng = 6;
	struct truth truth;

	(void)state;
	begin(7300 * MS, 0);
	truth = simulate_p2p(&a, &b, &rng, FIRST, 7);
	draw(1);
	assert_false(timeline.is_common);
	assert_null(timeline.why_not_common);
	for (size_t i = 0; i < timeline.count; i++)
		assert_int_equal(timeline.span[i].host, TIMELINE_SOURCE);
	assert_span(TIMELINE_SOURCE, "Run", truth.run - FIRST, truth.ran - FIRST);
	forget();
}

/* A call that came before it was sent: of such clocks nothing is believed. */
static void without_an_offset_there_is_no_common_axis(void **state)
{
	uint64_t rng = 7;

	(void)state;
	begin(7300 * MS, 0);
	simulate_p2p(&a, &b, &rng, FIRST, 7);
	for (size_t i = 0; i < b.recording.event_count; i++)
		if (b.events[i].kind == MT_RPC_SERVER_SEND)
			b.events[i].earlier_ns -= 500 * MS;
	draw(2);
	assert_false(account.figures.clocks.offset.known);
	assert_false(timeline.is_common);
	assert_string_equal(timeline.why_not_common, account.figures.clocks.offset.why_unknown);
	assert_int_equal(find(TIMELINE_SOURCE, "Perform")->at_ns, 0);
	assert_int_equal(find(TIMELINE_DESTINATION, "Prepare")->at_ns, 0);
	for (size_t i = 0; i < timeline.count; i++) {
		assert_true(timeline.span[i].host != TIMELINE_BOTH);
		assert_int_equal(timeline.span[i].at_error_ns, 0);
	}
	forget();
}

static void what_was_not_seen_is_told(void **state)
{
	uint64_t rng = 8;

	(void)state;
	begin(0, 0);
	simulate_p2p(&a, &b, &rng, FIRST, 7);
	for (size_t i = 0; i < b.recording.event_count; i++) {
		struct mt_event *event = &b.events[i];

		if ((event->kind == MT_PREPARE && event->edge == MT_ENTER) ||
		    (event->kind == MT_FINISH && event->edge == MT_RETURN))
			event->kind = MT_MONITOR_CLOSE;
	}
	draw(2);
	assert_true(find(TIMELINE_DESTINATION, "Prepare")->lacks_begin);
	assert_false(find(TIMELINE_DESTINATION, "Prepare")->lacks_end);
	assert_true(find(TIMELINE_DESTINATION, "Finish")->lacks_end);
	forget();
}

static void commands_are_from_send_to_reply(void **state)
{
	struct mt_event *event;
	uint64_t rng = 9;
	struct truth truth;

	(void)state;
	begin(0, 0);
	truth = simulate_p2p(&a, &b, &rng, FIRST, 7);
	for (int i = 0; i < 3; i++) { /* the last one has no reply */
		event = host_event(&a, truth.uuid, truth.run + 10 + i * 100, MT_MONITOR_SEND,
				   MT_ENTER);
		event->monitor.command = qmp_command_number(i == 1 ? "migrate" : "query-migrate");
		if (i == 2)
			continue;
		event = host_event(&a, truth.uuid, truth.run + 50 + i * 100, MT_MONITOR_REPLY,
				   MT_ENTER);
		event->monitor.command = qmp_command_number(i == 1 ? "migrate" : "query-migrate");
		event->earlier_ns = (uint64_t)host_clock(&a, truth.run + 10 + i * 100);
		event->monitor.has_failed = i == 1;
	}
	qsort(a.events, a.recording.event_count, sizeof(a.events[0]), by_time);
	draw(2);
	assert_int_equal(find(TIMELINE_SOURCE, "QMP query-migrate")->ns, 40);
	assert_int_equal(find(TIMELINE_SOURCE, "QMP migrate (failed)")->ns, 40);
	assert_int_equal(find(TIMELINE_SOURCE, "QMP migrate (failed)")->depth, 2);
	assert_true(find_last("QMP query-migrate")->is_instant);
	forget();
}

static void span_add(int64_t at_ns, int64_t ns)
{
	timeline.span[timeline.count++] = (struct timeline_span){.at_ns = at_ns, .ns = ns};
}

static void spans_begin(size_t room)
{
	timeline = (struct timeline){.span = calloc(room, sizeof(*timeline.span)), .room = room};
	assert_non_null(timeline.span);
}

static void what_overlaps_gets_another_lane(void **state)
{
	static const struct {
		int64_t at_ns, ns;
		unsigned int lane, depth;
	} expected[] = {
		{0, 100, 0, 0}, {0, 50, 0, 1},	{10, 60, 1, 0}, {20, 30, 0, 2},
		{50, 50, 0, 1}, {60, 20, 0, 2}, {70, 10, 0, 3}, {75, 100, 1, 0},
	};
	const size_t count = sizeof(expected) / sizeof(expected[0]);

	(void)state;
	spans_begin(count);
	for (size_t i = count; i-- > 0;)
		span_add(expected[i].at_ns, expected[i].ns);
	lanes_set(&timeline);
	assert_int_equal(timeline.count, count);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(timeline.span[i].at_ns, expected[i].at_ns);
		assert_int_equal(timeline.span[i].ns, expected[i].ns);
		assert_int_equal(timeline.span[i].lane, expected[i].lane);
		assert_int_equal(timeline.span[i].depth, expected[i].depth);
	}
	forget();
}

static void too_many_that_overlap_are_left_out_and_counted(void **state)
{
	(void)state;
	spans_begin(3 * TIMELINE_LANES);
	for (int i = 0; i < 3 * TIMELINE_LANES; i++)
		span_add(i, 1000);
	lanes_set(&timeline);
	assert_int_equal(timeline.count, TIMELINE_LANES);
	assert_int_equal(timeline.left_out, 2 * TIMELINE_LANES);
	forget();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(truth_is_within_each_error),
		cmocka_unit_test(parts_are_adjacent_and_fill_the_downtime),
		cmocka_unit_test(one_host_alone_has_an_axis_of_its_own),
		cmocka_unit_test(without_an_offset_there_is_no_common_axis),
		cmocka_unit_test(what_was_not_seen_is_told),
		cmocka_unit_test(commands_are_from_send_to_reply),
		cmocka_unit_test(what_overlaps_gets_another_lane),
		cmocka_unit_test(too_many_that_overlap_are_left_out_and_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
