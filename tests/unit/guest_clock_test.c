/* SPDX-License-Identifier: GPL-2.0-or-later */
/* By how much the guest's clock is behind: the bounds by what QEMU and KVM were seen to do, and why
 * not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/figures/figures.h"
#include "inside.h"
#include "simulation.h"

#define SEEDS 300
#define US    INT64_C(1000)
#define MS    INT64_C(1000000)

static struct scene scene;
static struct truth truth;
static struct guest_clock clock_found;

/* When, in true time, QEMU and KVM read and set the guest's clocks. */
static struct {
	int64_t tsc_read, tsc_set, kvmclock_read, kvmclock_set, tcg_stopped, tcg_started;
} when;

static struct mt_event *step(struct host *host, int64_t at, enum mt_step number)
{
	struct mt_event *event = scene_qemu(host, &truth, at, MT_QEMU_STEP);

	event->step.step = number;
	return event;
}

/* Of another thread than the one that does the rest. */
static struct mt_event *vcpu_step(struct host *host, int64_t at, enum mt_step number,
				  const char *thread)
{
	struct mt_event *event = step(host, at, number);

	event->tid++;
	memcpy(event->comm, thread, strlen(thread));
	return event;
}

static int64_t in(uint64_t *rng, int64_t from, int64_t to)
{
	return random_between(rng, from, to);
}

static void source_stops(uint64_t *rng, const char *thread)
{
	int64_t paused = truth.stopped - 200 * US, sent = truth.stopped + 300 * US;
	int64_t saves = (truth.stopped + truth.sent) / 2;

	when.tcg_stopped = in(rng, paused - 20 * US, paused);
	step(&scene.a, paused - 20 * US, MT_STEP_STOP_DECIDED);
	step(&scene.a, paused, MT_STEP_VCPUS_PAUSE);
	vcpu_step(&scene.a, paused + US, MT_STEP_VCPU_STOP, thread);
	step(&scene.a, truth.stopped + 100 * US, MT_STEP_TSC_READ);
	when.tsc_read = in(rng, truth.stopped + 100 * US, sent);
	step(&scene.a, sent, MT_STEP_STOP_SENT);
	step(&scene.a, saves, MT_STEP_DEVICES_SAVE);
	step(&scene.a, saves + 10 * US, MT_STEP_DEVICE_SAVE);
	when.kvmclock_read = in(rng, saves, saves + 900 * US);
	step(&scene.a, saves + 900 * US, MT_STEP_BLOCK_INACTIVATE);
}

static void destination_starts(uint64_t *rng, const char *thread, bool takes_offsets)
{
	int64_t loaded = truth.received - 300 * US, ran = (truth.received + truth.done) / 2;

	step(&scene.b, loaded, MT_STEP_VCPUS_LOADED);
	vcpu_step(&scene.b, loaded + 50 * US, MT_STEP_TSC_SET, thread)->step.about = takes_offsets;
	vcpu_step(&scene.b, loaded + 80 * US, MT_STEP_TSC_SET, thread)->step.about = takes_offsets;
	when.tsc_set = in(rng, loaded + 50 * US, loaded + 80 * US);
	step(&scene.b, ran - 30 * US, MT_STEP_RESUME_SENT);
	when.tcg_started = in(rng, ran - 30 * US, ran);
	scene_qemu(&scene.b, &truth, ran, MT_QEMU_RUN_STATE)->run_state.is_running = 1;
	when.kvmclock_set = in(rng, ran, ran + 70 * US);
	step(&scene.b, ran + 70 * US, MT_STEP_VCPUS_RELEASE);
	vcpu_step(&scene.b, ran + 90 * US, MT_STEP_VCPU_START, thread);
}

static void guest_move(uint64_t seed, const char *thread, bool takes_offsets)
{
	uint64_t rng = seed;

	truth = scene_move(&scene, &rng, in(&rng, -MS, MS) * 1000, in(&rng, -20000, 20000));
	source_stops(&rng, thread);
	destination_starts(&rng, thread, takes_offsets);
}

static void find(void)
{
	clock_found = figures_of(scene_found(&scene, &truth)).guest_clock;
	scene_free(&scene);
}

static void kvms_clocks_are_inside_their_bounds(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		guest_move(seed, "CPU 0/KVM", true);
		find();
		assert_inside(seed, &clock_found.tsc_lag, when.tsc_set - when.tsc_read);
		assert_inside(seed, &clock_found.kvmclock_lag,
			      when.kvmclock_set - when.kvmclock_read);
	}
}

static void tcgs_clock_is_inside_its_bounds(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		guest_move(seed, "CPU 0/TCG", true);
		find();
		assert_inside(seed, &clock_found.tsc_lag, when.tcg_started - when.tcg_stopped);
		assert_string_equal(clock_found.kvmclock_lag.why_unknown,
				    "the guest runs without KVM");
	}
}

static void a_kvm_without_offsets_tells_nothing(void **state)
{
	(void)state;
	guest_move(1, "CPU 0/KVM", false);
	find();
	assert_string_equal(clock_found.tsc_lag.why_unknown,
			    "the destination's KVM gives guests the host's own TSC");
	assert_true(clock_found.kvmclock_lag.known);
}

/* As an older recorder has it, which probes less, or one of a kernel without the tracepoint. */
static void steps_forget(struct host *host, enum mt_step number)
{
	for (size_t i = 0; i < host->recording.event_count; i++)
		if (host->events[i].kind == MT_QEMU_STEP && host->events[i].step.step == number)
			host->events[i].step.step = MT_STEP_RATE_LIMIT;
}

static void what_was_not_seen_is_unknown(void **state)
{
	(void)state;
	guest_move(1, "CPU 0/KVM", true);
	steps_forget(&scene.a, MT_STEP_TSC_READ);
	find();
	assert_string_equal(clock_found.tsc_lag.why_unknown,
			    "when QEMU read the guest's TSC was not seen");
	assert_string_equal(clock_found.kvmclock_lag.why_unknown,
			    "QEMU was not seen to have a KVM clock");
	guest_move(1, "CPU 0/KVM", true);
	steps_forget(&scene.b, MT_STEP_TSC_SET);
	find();
	assert_string_equal(clock_found.tsc_lag.why_unknown,
			    "when KVM set the guest's TSC was not seen");
	assert_true(clock_found.kvmclock_lag.known);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kvms_clocks_are_inside_their_bounds),
		cmocka_unit_test(tcgs_clock_is_inside_its_bounds),
		cmocka_unit_test(a_kvm_without_offsets_tells_nothing),
		cmocka_unit_test(what_was_not_seen_is_unknown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
