/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a guest's vCPUs lost while it ran: the sums as they were recorded, or why they say nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/figures/figures.h"
#include "core/side/qemu.h"
#include "core/side/spent.h"
#include "simulation.h"

#define MS INT64_C(1000000)

static struct scene scene;
static struct truth truth;
static struct brownout brownout;

static void guest_move(void)
{
	uint64_t rng = 1;

	truth = scene_move(&scene, &rng, 0, 0);
}

/* Of vCPU number: since when, until when, and how much of that was lost, on its CPU for the rest.
 */
static struct mt_event *spend(struct host *host, int number, int64_t from, int64_t to,
			      enum mt_vcpu_time cause, int64_t lost_ns)
{
	struct mt_event *event = scene_qemu(host, &truth, to, MT_VCPU);

	event->tid += (uint32_t)number + 1;
	memcpy(event->comm, "CPU 0/KVM", sizeof("CPU 0/KVM"));
	event->comm[4] = (char)('0' + number);
	event->spent.begun_ns = (uint64_t)host_clock(host, from);
	event->spent.time_ns[MT_VCPU_ON_CPU] = (uint64_t)(to - from - lost_ns);
	event->spent.time_ns[cause] += (uint64_t)lost_ns;
	event->spent.is_last = 1;
	return event;
}

static void find(void)
{
	struct figures figures = figures_of(scene_found(&scene, &truth));

	brownout = figures.brownout;
}

static void assert_about(const struct quantity *quantity, int64_t ns)
{
	assert_true(quantity->known && quantity->lo_ns <= ns && quantity->hi_ns >= ns);
	assert_int_equal(quantity->est_ns, ns);
}

static void vcpus_add_up(void **state)
{
	int64_t length;

	(void)state;
	guest_move();
	length = truth.stopped - truth.run;
	spend(&scene.a, 0, truth.run, truth.run + MS, MT_VCPU_THROTTLED, MS)->spent.is_last = 0;
	spend(&scene.a, 0, truth.run, truth.stopped, MT_VCPU_THROTTLED, length / 2);
	spend(&scene.a, 1, truth.run, truth.stopped, MT_VCPU_HALTED, length);
	spend(&scene.b, 0, truth.ran, truth.ran + 10 * MS, MT_VCPU_FAULT, 4 * MS);
	spend(&scene.b, 1, truth.ran, truth.ran + 10 * MS, MT_VCPU_RUNNABLE, MS);
	find();
	assert_null(brownout.before.why_unknown);
	assert_int_equal(brownout.before.vcpus, 2);
	assert_about(&brownout.before.watched, 2 * length);
	assert_about(&brownout.before.lost, length / 2);
	assert_about(&brownout.before.time[MT_VCPU_THROTTLED], length / 2);
	assert_about(&brownout.before.time[MT_VCPU_HALTED], length);
	assert_about(&brownout.after.lost, 5 * MS);
	assert_about(&brownout.after.time[MT_VCPU_FAULT], 4 * MS);
	scene_free(&scene);
}

/* Of the time without a CPU it is a part, from none to all. */
static void a_quota_is_part_of_no_cpu(void **state)
{
	(void)state;
	guest_move();
	spend(&scene.a, 0, truth.run, truth.stopped, MT_VCPU_RUNNABLE, MS)->spent.quota_ns =
		(uint64_t)(9 * MS);
	spend(&scene.b, 0, truth.ran, truth.ran + 10 * MS, MT_VCPU_RUNNABLE, MS)->spent.quota_ns =
		UINT64_MAX;
	find();
	assert_int_equal(brownout.before.quota.hi_ns, MS);
	assert_int_equal(brownout.before.quota.lo_ns, 0);
	assert_false(brownout.after.quota.known);
	scene_free(&scene);
}

static void what_was_not_watched_is_unknown(void **state)
{
	struct mt_event *vcpu;

	(void)state;
	guest_move();
	spend(&scene.b, 0, truth.ran, truth.ran + 10 * MS, MT_VCPU_FAULT, MS)->spent.is_last = 0;
	find();
	assert_string_equal(brownout.before.lost.why_unknown, "no vCPU was watched");
	assert_string_equal(brownout.after.lost.why_unknown, "no vCPU was watched");
	scene_free(&scene);
	guest_move();
	for (char number = '0'; number < '2'; number++) {
		vcpu = scene_qemu(&scene.a, &truth, truth.stopped - 1, MT_QEMU_STEP);
		vcpu->step.step = MT_STEP_VCPU_STOP;
		memcpy(vcpu->comm, "CPU 0/KVM", sizeof("CPU 0/KVM"));
		vcpu->comm[4] = number;
	}
	spend(&scene.a, 0, truth.run, truth.stopped, MT_VCPU_FAULT, MS);
	find();
	assert_string_equal(brownout.before.why_unknown, "not all vCPUs were watched");
	scene_free(&scene);
}

static void sums_that_cannot_be_are_said(void **state)
{
	(void)state;
	guest_move();
	spend(&scene.a, 0, truth.run, truth.stopped, MT_VCPU_FAULT, MS)
		->spent.time_ns[MT_VCPU_IN_QEMU] = (uint64_t)1 << 53;
	spend(&scene.b, 0, truth.ran + 10 * MS, truth.ran + 9 * MS, MT_VCPU_FAULT, 0)
		->spent.time_ns[MT_VCPU_ON_CPU] = 0;
	find();
	assert_string_equal(brownout.before.why_unknown,
			    "what was said of the vCPUs contradicts itself");
	assert_string_equal(brownout.after.why_unknown,
			    "what was said of the vCPUs contradicts itself");
	scene_free(&scene);
}

/* The sums are until it was stopped first. */
static void a_guest_that_ran_again_is_said(void **state)
{
	(void)state;
	guest_move();
	spend(&scene.a, 0, truth.run, truth.run + 2, MT_VCPU_FAULT, 1);
	scene_qemu(&scene.a, &truth, truth.run + 3, MT_QEMU_RUN_STATE)->run_state.is_running = 1;
	find();
	assert_string_equal(brownout.before.why_unknown,
			    "the guest was stopped before, and started again");
	scene_free(&scene);
}

static void more_is_waited_for(void **state)
{
	const struct side *destination;

	(void)state;
	guest_move();
	scene_qemu(&scene.b, &truth, truth.ran, MT_QEMU_STEP)->step.step = MT_STEP_VCPU_START;
	scene_snapshots(&scene, truth.performed);
	scene_correlate(&scene);
	destination = scene.migrations.migration[0].destination;
	assert_true(spent_is_open(destination));
	scene_free(&scene);
	guest_move();
	scene_qemu(&scene.b, &truth, truth.ran, MT_QEMU_STEP)->step.step = MT_STEP_VCPU_START;
	spend(&scene.b, 0, truth.ran, truth.ran + MS, MT_VCPU_FAULT, 0);
	scene_snapshots(&scene, truth.performed);
	scene_correlate(&scene);
	assert_false(spent_is_open(scene.migrations.migration[0].destination));
	scene_free(&scene);
	guest_move();
	scene_qemu(&scene.b, &truth, truth.ran, MT_QEMU_STEP)->step.step = MT_STEP_VCPU_START;
	find();
	assert_false(spent_is_open(scene.migrations.migration[0].destination));
	scene_free(&scene);
}

static void names_and_counts_are_read(void **state)
{
	struct mt_event event = {.comm = "CPU 12/KVM", .text = "0 3 17", .text_len = 6};
	uint32_t count, sum = 0, counts = 0;
	size_t at = 0;

	(void)state;
	assert_int_equal(event_vcpu(&event), 12);
	for (; spent_faults(&event, &at, &count); counts++)
		sum += count;
	assert_int_equal(counts, 3);
	assert_int_equal(sum, 20);
	event = (struct mt_event){.comm = "CPU x", .text = "7, 8", .text_len = 4};
	at = 0;
	assert_int_equal(event_vcpu(&event), -1);
	assert_true(spent_faults(&event, &at, &count));
	assert_false(spent_faults(&event, &at, &count));
	memset(event.text, '9', MT_TEXT);
	event.text_len = MT_TEXT;
	at = 0;
	assert_true(spent_faults(&event, &at, &count));
	assert_int_equal(count, UINT32_MAX);
	assert_false(spent_faults(&event, &at, &count));
	memset(event.comm, '9', MT_COMM);
	assert_int_equal(event_vcpu(&event), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vcpus_add_up),
		cmocka_unit_test(a_quota_is_part_of_no_cpu),
		cmocka_unit_test(what_was_not_watched_is_unknown),
		cmocka_unit_test(sums_that_cannot_be_are_said),
		cmocka_unit_test(a_guest_that_ran_again_is_said),
		cmocka_unit_test(more_is_waited_for),
		cmocka_unit_test(names_and_counts_are_read),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
