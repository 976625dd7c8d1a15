/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is said of migrations that do not work: how they ended, and where the guest is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/figures/figures.h"
#include "core/match/migration.h"
#include "core/match/outcome.h"
#include "core/match/place_left.h"
#include "core/event/qmp.h"
#include "simulation.h"

#define MS INT64_C(1000000)

static const uint8_t domain[MT_UUID] = {7};

static struct host a, b;
static struct sides sides[2];
static struct migrations migrations;

static int hosts_init(void **state)
{
	(void)state;
	host_init(&a, "a", 100, 0, 0);
	host_init(&b, "b", 200, 7300 * MS, 0);
	host_snapshot(&a, 0, 0);
	host_snapshot(&b, 0, 0);
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

static void correlate(void)
{
	host_snapshot(&a, 10000 * MS, 0);
	host_snapshot(&b, 10000 * MS, 0);
	assert_int_equal(sides_find(&a.recording, &sides[0]), 0);
	assert_int_equal(sides_find(&b.recording, &sides[1]), 0);
	assert_int_equal(migrations_match(sides, 2, &(struct matching){0}, &migrations), 0);
}

static void returns(struct host *host, int64_t ns, enum mt_kind kind, int value)
{
	host_event(host, domain, ns, kind, MT_RETURN)->result.returned = value;
}

static void cookie(struct mt_event *event, uint64_t hash)
{
	event->cookie.len = 100;
	event->cookie.hash = hash;
	if (event->kind == MT_COOKIE_FORMAT)
		event->format.party = 1;
}

/* Begin's cookie goes to Prepare, as of any attempt. */
static void attempt_begins(int64_t ns)
{
	host_event(&a, domain, ns, MT_PERFORM, MT_ENTER)->perform.is_p2p = 1;
	cookie(host_event(&a, domain, ns + MS, MT_COOKIE_FORMAT, MT_RETURN), 5);
	cookie(host_event(&b, domain, ns + 2 * MS, MT_PREPARE, MT_ENTER), 5);
	returns(&b, ns + 3 * MS, MT_PREPARE, 0);
}

static void guest_stops(int64_t ns)
{
	struct mt_event *event = host_event(&a, domain, ns, MT_MONITOR_EVENT, MT_ENTER);

	event->text_len = (uint16_t)snprintf(event->text, MT_TEXT, "{\"event\": \"STOP\"}");
	host_event(&a, domain, ns, MT_SET_STATE, MT_ENTER)->state.state = 3; /* paused */
}

static void guest_starts(struct host *host, int64_t ns)
{
	host_event(host, domain, ns - MS, MT_START_CPUS, MT_ENTER);
	returns(host, ns, MT_START_CPUS, 0);
}

static void destination_finishes(int64_t ns, bool starts)
{
	host_event(&b, domain, ns, MT_FINISH, MT_ENTER)->finish.is_cancelled = !starts;
	if (starts)
		guest_starts(&b, ns + 5 * MS);
	host_event(&b, domain, ns + 10 * MS, MT_FINISH, MT_RETURN)->result.has_succeeded = starts;
}

static const struct migration *the_one(enum outcome outcome, enum place_left left)
{
	const struct migration *migration = &migrations.migration[0];

	assert_int_equal(migrations.count, 1);
	assert_string_equal(migration->matched, "begin cookie");
	assert_int_equal(migration_outcome(migration), outcome);
	assert_int_equal(migration_left(migration), left);
	return migration;
}

static void guest_that_resumes_on_the_source_stood_still_that_long(void **state)
{
	struct figures figures;

	(void)state;
	attempt_begins(1000 * MS);
	guest_stops(1100 * MS);
	destination_finishes(1150 * MS, false);
	guest_starts(&a, 1234 * MS);
	returns(&a, 1300 * MS, MT_PERFORM, -1);
	correlate();
	figures = figures_of(the_one(OUTCOME_FAILED, LEFT_ON_SOURCE));
	assert_true(figures.downtime.known);
	assert_int_equal(figures.downtime.lo_ns, 134 * MS);
	assert_int_equal(figures.downtime.hi_ns, 134 * MS);
	assert_false(figures.elapsed.known);
	assert_string_equal(figures.elapsed.why_unknown, "the migration failed");
}

static void guest_that_runs_on_both_hosts_is_told(void **state)
{
	(void)state;
	attempt_begins(1000 * MS);
	guest_stops(1100 * MS);
	destination_finishes(1150 * MS, true);
	guest_starts(&a, 1234 * MS);
	returns(&a, 1300 * MS, MT_PERFORM, -1);
	correlate();
	the_one(OUTCOME_FAILED, LEFT_ON_BOTH);
}

static void guest_that_nobody_started_again_is_told(void **state)
{
	struct figures figures;

	(void)state;
	attempt_begins(1000 * MS);
	guest_stops(1100 * MS);
	destination_finishes(1150 * MS, false);
	returns(&a, 1300 * MS, MT_PERFORM, -1);
	correlate();
	figures = figures_of(the_one(OUTCOME_FAILED, LEFT_PAUSED_ON_SOURCE));
	assert_string_equal(figures.downtime.why_unknown,
			    "the guest was stopped, and not started again");
}

static void side_that_was_not_seen_to_its_end_may_have_done_anything(void **state)
{
	(void)state;
	attempt_begins(1000 * MS);
	guest_stops(1100 * MS);
	correlate();
	the_one(OUTCOME_UNFINISHED, LEFT_UNKNOWN);
}

static void source_whose_qemu_ended_runs_nowhere(void **state)
{
	(void)state;
	attempt_begins(1000 * MS);
	host_event(&a, domain, 1100 * MS, MT_MONITOR_CLOSE, MT_ENTER);
	destination_finishes(1150 * MS, false);
	returns(&a, 1300 * MS, MT_PERFORM, -1);
	correlate();
	the_one(OUTCOME_FAILED, LEFT_NOWHERE);
}

/* The destination may have started the guest after its recording ended. */
static void source_whose_qemu_ended_says_nothing_of_the_destination(void **state)
{
	(void)state;
	attempt_begins(1000 * MS);
	host_event(&a, domain, 1100 * MS, MT_MONITOR_CLOSE, MT_ENTER);
	returns(&a, 1300 * MS, MT_PERFORM, -1);
	correlate();
	the_one(OUTCOME_FAILED, LEFT_UNKNOWN);
}

/* As when the source's daemon has gone: it is looked at until 10 s. */
static void destination_undone(int64_t ns, bool has_ended)
{
	cookie(host_event(&b, domain, 1000 * MS, MT_PREPARE, MT_ENTER), 5);
	returns(&b, 1100 * MS, MT_PREPARE, 0);
	host_event(&b, domain, ns, MT_MONITOR_CLOSE, MT_ENTER);
	correlate();
	assert_int_equal(migrations.count, 1);
	assert_int_equal(side_has_ended(&sides[1].side[0]), has_ended);
	assert_int_equal(migration_outcome(&migrations.migration[0]), OUTCOME_FAILED);
}

static void destination_whose_qemu_ended_is_over_if_nobody_finishes(void **state)
{
	(void)state;
	destination_undone(4990 * MS, true);
}

/* The source's daemon will never say that it failed. */
static void what_did_not_come_has_failed_whatever_became_of_the_source(void **state)
{
	struct daemon daemon = {.pid = a.pid, .gone_ns = host_clock(&a, 1500 * MS)};

	(void)state;
	attempt_begins(1000 * MS);
	host_event(&b, domain, 2000 * MS, MT_MONITOR_CLOSE, MT_ENTER);
	a.recording.daemons = &daemon;
	a.recording.daemon_count = 1;
	correlate();
	the_one(OUTCOME_FAILED, LEFT_UNKNOWN);
	assert_int_equal(migrations.migration[0].source->ending.cause, ENDING_DAEMON_GONE);
}

static void destination_whose_qemu_ended_may_yet_be_finished(void **state)
{
	(void)state;
	destination_undone(5010 * MS, false);
}

static void cancel(uint32_t tid)
{
	struct mt_event *event = host_event(&a, domain, 1200 * MS, MT_MONITOR_SEND, MT_ENTER);

	event->monitor.command = qmp_command_number("migrate_cancel");
	event->tid = tid;
	returns(&a, 1300 * MS, MT_PERFORM, -1);
}

static void job_is_cancelled_by_another_thread_only(void **state)
{
	(void)state;
	attempt_begins(1000 * MS);
	cancel(999);
	correlate();
	the_one(OUTCOME_CANCELLED, LEFT_ON_SOURCE);
}

static void libvirt_that_gives_up_fails(void **state)
{
	(void)state;
	attempt_begins(1000 * MS);
	cancel(a.pid + 1);
	correlate();
	the_one(OUTCOME_FAILED, LEFT_ON_SOURCE);
}

/* A client drives both sides, until it has performed. */
static void client_performs(void)
{
	struct mt_event *event;

	host_event(&a, domain, 1000 * MS, MT_BEGIN, MT_ENTER);
	cookie(host_event(&a, domain, 1001 * MS, MT_COOKIE_FORMAT, MT_RETURN), 5);
	host_event(&a, domain, 1002 * MS, MT_BEGIN, MT_RETURN);
	cookie(host_event(&b, domain, 1003 * MS, MT_PREPARE, MT_ENTER), 5);
	returns(&b, 1004 * MS, MT_PREPARE, 0);
	host_event(&a, domain, 1005 * MS, MT_PERFORM, MT_ENTER);
	guest_stops(1006 * MS);
	returns(&a, 1007 * MS, MT_PERFORM, 0);
	event = host_event(&a, domain, 1008 * MS, MT_RPC_SERVER_SEND, MT_ENTER);
	event->rpc.proc = 305;
}

static void client_that_vanishes_after_perform_leaves_a_stopped_guest(void **state)
{
	(void)state;
	client_performs();
	host_event(&b, domain, 1900 * MS, MT_MONITOR_CLOSE, MT_ENTER);
	correlate();
	the_one(OUTCOME_FAILED, LEFT_PAUSED_ON_SOURCE);
}

static void client_that_vanishes_after_finish_has_moved_it(void **state)
{
	(void)state;
	client_performs();
	host_event(&b, domain, 1010 * MS, MT_FINISH, MT_ENTER);
	returns(&b, 1011 * MS, MT_START_CPUS, 0);
	host_event(&b, domain, 1012 * MS, MT_FINISH, MT_RETURN)->result.has_succeeded = 1;
	correlate();
	the_one(OUTCOME_COMPLETED, LEFT_ON_DESTINATION);
}

static void client_of_which_no_more_is_known_may_have_done_anything(void **state)
{
	(void)state;
	client_performs();
	correlate();
	the_one(OUTCOME_UNKNOWN, LEFT_UNKNOWN);
}

/* What is done to the guest long after is no part of it, though nobody was replied to. */
static void job_without_a_reply_ends_when_it_has_returned(void **state)
{
	struct mt_event *event;

	(void)state;
	attempt_begins(1000 * MS);
	guest_stops(1100 * MS);
	guest_starts(&a, 1250 * MS);
	returns(&a, 1300 * MS, MT_PERFORM, -1);
	guest_stops(8000 * MS);
	guest_starts(&a, 9000 * MS);
	event = host_event(&a, domain, 9500 * MS, MT_RPC_SERVER_SEND, MT_ENTER);
	event->rpc.proc = 305;
	event->earlier_ns = (uint64_t)host_clock(&a, 999 * MS);
	correlate();
	the_one(OUTCOME_FAILED, LEFT_ON_SOURCE);
	assert_true(migrations.migration[0].source->ending.is_sure);
	assert_int_equal(figures_of(&migrations.migration[0]).downtime.est_ns, 150 * MS);
}

/* Begin makes the same cookie for every attempt: which is which would be a guess. */
static void attempts_of_one_cookie_are_not_matched(void **state)
{
	(void)state;
	attempt_begins(1000 * MS);
	returns(&a, 1300 * MS, MT_PERFORM, -1);
	attempt_begins(2000 * MS);
	returns(&a, 2300 * MS, MT_PERFORM, -1);
	correlate();
	assert_int_equal(migrations.count, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_null(migrations.migration[i].matched);
		assert_false(migrations.migration[i].is_doubled);
	}
}

#define OUTCOME_TEST(f) cmocka_unit_test_setup_teardown(f, hosts_init, hosts_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
		OUTCOME_TEST(guest_that_resumes_on_the_source_stood_still_that_long),
		OUTCOME_TEST(guest_that_runs_on_both_hosts_is_told),
		OUTCOME_TEST(guest_that_nobody_started_again_is_told),
		OUTCOME_TEST(side_that_was_not_seen_to_its_end_may_have_done_anything),
		OUTCOME_TEST(source_whose_qemu_ended_runs_nowhere),
		OUTCOME_TEST(source_whose_qemu_ended_says_nothing_of_the_destination),
		OUTCOME_TEST(destination_whose_qemu_ended_is_over_if_nobody_finishes),
		OUTCOME_TEST(destination_whose_qemu_ended_may_yet_be_finished),
		OUTCOME_TEST(what_did_not_come_has_failed_whatever_became_of_the_source),
		OUTCOME_TEST(job_is_cancelled_by_another_thread_only),
		OUTCOME_TEST(libvirt_that_gives_up_fails),
		OUTCOME_TEST(client_that_vanishes_after_perform_leaves_a_stopped_guest),
		OUTCOME_TEST(client_that_vanishes_after_finish_has_moved_it),
		OUTCOME_TEST(client_of_which_no_more_is_known_may_have_done_anything),
		OUTCOME_TEST(job_without_a_reply_ends_when_it_has_returned),
		OUTCOME_TEST(attempts_of_one_cookie_are_not_matched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
