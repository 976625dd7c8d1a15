/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an account says of a migration, and why it is not whole where it is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <uuid/uuid.h>

#include "core/account/account.h"
#include "simulation.h"

#define MS INT64_C(1000000)

static struct scene scene;
static struct account account;

/* A migration of which both hosts have recorded all. */
static void migrate(void)
{
	uint64_t rng = 23;
	struct truth t;

	scene_init(&scene, 1700 * MS, 0);
	t = simulate_p2p(&scene.a, &scene.b, &rng, 1000 * MS, 7);
	scene_snapshots(&scene, t.performed + MS);
}

static void make(const struct account_request *request)
{
	scene_correlate(&scene);
	assert_int_equal(scene.migrations.count, 1);
	account_make(&scene.migrations.migration[0], request, &account);
}

static void whole_account_has_all(void **state)
{
	char uuid[UUID_TEXT];

	(void)state;
	migrate();
	make(&(struct account_request){0});
	uuid_unparse_lower(migration_uuid(account.migration), uuid);
	assert_string_equal(account.uuid, uuid);
	assert_string_equal(account.side[ROLE_SOURCE].host, side_host(account.migration->source));
	assert_string_equal(account.side[ROLE_DESTINATION].host,
			    side_host(account.migration->destination));
	assert_true(account_has_both(&account));
	assert_ptr_equal(account_seen(&account), &account.side[ROLE_SOURCE]);
	assert_int_equal(account.outcome, OUTCOME_COMPLETED);
	assert_int_equal(account.flavour.control, CONTROL_P2P);
	assert_true(account.has_moved);
	assert_true(account.figures.downtime.known);
	assert_int_equal(account.downtime_seen.est_ns, account.figures.downtime.est_ns);
	assert_int_equal(account.elapsed_seen.est_ns, account.figures.elapsed.est_ns);
	assert_int_equal(account.lack, LACK_NONE);
	scene_free(&scene);
}

static void side_that_was_not_seen_is_lacking(void **state)
{
	(void)state;
	migrate();
	scene.a.recording.event_count = 0;
	make(&(struct account_request){0});
	assert_null(account.side[ROLE_SOURCE].side);
	assert_string_equal(account.side[ROLE_SOURCE].host, "");
	assert_string_equal(account.side[ROLE_SOURCE].numbers.silent, "was not recorded");
	assert_false(account_has_both(&account));
	assert_ptr_equal(account_seen(&account), &account.side[ROLE_DESTINATION]);
	assert_int_equal(account.lack, LACK_SIDE);
	assert_false(account.elapsed_seen.known);
	scene_free(&scene);
}

static void one_host_alone_has_its_part(void **state)
{
	const struct side *source;

	(void)state;
	migrate();
	scene.b.recording.event_count = 0;
	make(&(struct account_request){0});
	source = account.side[ROLE_SOURCE].side;
	assert_int_equal(account.outcome, OUTCOME_COMPLETED);
	assert_false(account.figures.downtime.known);
	assert_int_equal(account.downtime_seen.est_ns,
			 source->src.sent.at.v - source->src.stopped.at.v);
	assert_int_equal(account.elapsed_seen.est_ns,
			 source->src.sent.at.v - source->src.start.at.v);
	scene_free(&scene);
}

static void lost_events_are_lacking(void **state)
{
	(void)state;
	migrate();
	for (size_t i = 2; i < scene.b.recording.snapshot_count; i++)
		scene.b.snapshots[i].lost = 23; /* since the one before it began */
	make(&(struct account_request){0});
	assert_non_null(account.figures.hole);
	assert_int_equal(account.lack, LACK_EVENTS);
	scene_free(&scene);
}

/* Numbers that libvirt has of an incoming job are not the source's. */
static void numbers_of_another_job_are_left_out_unless_all_are_judged(void **state)
{
	struct numbers numbers = {
		.reported = {.is_given = true,
			     .type = JOB_COMPLETED,
			     .operation = JOB_OPERATION_INCOMING,
			     .ms[REPORTED_DOWNTIME] = opt_of(23)},
	};
	struct account_request request = {.numbers[ROLE_SOURCE] = &numbers};
	const struct account_side *side = &account.side[ROLE_SOURCE];

	(void)state;
	migrate();
	make(&request);
	assert_int_equal(side->identity, IDENTITY_OTHER);
	assert_string_equal(side->not_own, "they are of another job");
	assert_false(side->numbers.reported.is_given);
	request.judges_all = true;
	account_make(account.migration, &request, &account);
	assert_int_equal(side->identity, IDENTITY_OTHER);
	assert_null(side->not_own);
	assert_int_equal(side->numbers.reported.ms[REPORTED_DOWNTIME].v, 23);
	scene_free(&scene);
}

/* A report shows the figures alone, verify each field. */
static void verdicts_are_on_what_is_asked_for(void **state)
{
	struct numbers numbers = {
		.reported = {.is_given = true,
			     .type = JOB_COMPLETED,
			     .operation = JOB_OPERATION_OUTGOING},
	};
	struct account_request request = {.numbers[ROLE_SOURCE] = &numbers};

	(void)state;
	migrate();
	make(&request);
	assert_int_equal(account.verdicts.count, REPORTED_FIGURES);
	request.judges_all = true;
	account_make(account.migration, &request, &account);
	assert_int_equal(account.verdicts.count, REPORTED_FIELDS);
	scene_free(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_account_has_all),
		cmocka_unit_test(side_that_was_not_seen_is_lacking),
		cmocka_unit_test(one_host_alone_has_its_part),
		cmocka_unit_test(lost_events_are_lacking),
		cmocka_unit_test(numbers_of_another_job_are_left_out_unless_all_are_judged),
		cmocka_unit_test(verdicts_are_on_what_is_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
