/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libvirt's phases: when each began and ended, and by what that is known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/side/phase.h"
#include "simulation.h"

#define MS INT64_C(1000000)

static struct scene scene;
static struct truth truth;

static int scene_make(void **state)
{
	uint64_t rng = 5;

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

/* Takes away the host's events of that kind and edge. */
static void unsee(struct host *host, enum mt_kind kind, enum mt_edge edge)
{
	for (size_t i = 0; i < host->recording.event_count; i++)
		if (host->events[i].kind == kind && host->events[i].edge == edge)
			host->events[i].kind = MT_TCP_STATE;
}

static const struct phase *source_phase(enum phase_name name)
{
	scene_correlate(&scene);
	return &scene.migrations.migration[0].source->phase[name];
}

static const struct phase *destination_phase(enum phase_name name)
{
	scene_correlate(&scene);
	return &scene.migrations.migration[0].destination->phase[name];
}

static void assert_phase(const struct phase *phase, int64_t began_ns, int64_t ended_ns,
			 enum phase_result result, enum phase_evidence evidence)
{
	assert_int_equal(event_ns(phase->began), began_ns);
	assert_int_equal(event_ns(phase->ended), ended_ns);
	assert_int_equal(phase->result, result);
	assert_int_equal(phase->evidence, evidence);
}

static void phase_ends_when_its_function_returns(void **state)
{
	(void)state;
	assert_phase(source_phase(PHASE_PERFORM), host_clock(&scene.a, truth.start),
		     host_clock(&scene.a, truth.performed), PHASE_WORKED, EVIDENCE_RETURN);
}

static void finish_that_returns_a_domain_has_worked(void **state)
{
	(void)state;
	assert_phase(destination_phase(PHASE_FINISH), host_clock(&scene.b, truth.received),
		     host_clock(&scene.b, truth.finished), PHASE_WORKED, EVIDENCE_RETURN);
}

static void phase_that_was_not_seen_is_unknown(void **state)
{
	(void)state;
	assert_phase(source_phase(PHASE_CONFIRM), 0, 0, PHASE_UNKNOWN, EVIDENCE_NONE);
}

/* Who comes while Perform runs does not see it return. */
static void perform_is_over_when_its_call_is_replied_to(void **state)
{
	const struct phase *perform;

	(void)state;
	unsee(&scene.a, MT_PERFORM, MT_RETURN);
	for (size_t i = 0; i < scene.a.recording.event_count; i++)
		if (scene.a.events[i].kind == MT_RPC_SERVER_SEND)
			scene.a.events[i].rpc.status = 1;
	perform = source_phase(PHASE_PERFORM);
	assert_int_equal(event_ns(perform->began), host_clock(&scene.a, truth.start));
	assert_int_equal(perform->ended->kind, MT_RPC_SERVER_SEND);
	assert_int_equal(perform->result, PHASE_FAILED);
	assert_int_equal(perform->evidence, EVIDENCE_REPLY);
	assert_null(phase_return(perform));
}

/* The source's daemon calls the destination's: that is what it knows of Prepare and Finish. */
static void source_knows_the_calls_that_it_makes(void **state)
{
	const struct phase *prepare = source_phase(PHASE_PREPARE);

	(void)state;
	assert_int_equal(prepare->began->kind, MT_RPC_CLIENT_SEND);
	assert_int_equal(prepare->ended->kind, MT_RPC_CLIENT_RECEIVE);
	assert_int_equal(prepare->result, PHASE_WORKED);
	assert_int_equal(prepare->evidence, EVIDENCE_REPLY);
}

#define PHASE_TEST(test) cmocka_unit_test_setup_teardown(test, scene_make, scene_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PHASE_TEST(phase_ends_when_its_function_returns),
		PHASE_TEST(finish_that_returns_a_domain_has_worked),
		PHASE_TEST(phase_that_was_not_seen_is_unknown),
		PHASE_TEST(perform_is_over_when_its_call_is_replied_to),
		PHASE_TEST(source_knows_the_calls_that_it_makes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
