/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of a standstill claim: no gap, no overlap, each sum to the ns, and the right
 * names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/standstill/devices.h"
#include "core/figures/figures.h"
#include "core/event/qmp.h"
#include "simulation.h"

#define SEEDS	 2000
#define MS	 INT64_C(1000000)
#define SOURCE	 1000 /* the pids of the two QEMUs */
#define ARRIVING 2000

static struct mt_event *qemu(struct host *host, const struct truth *truth, int64_t at,
			     enum mt_kind kind)
{
	struct mt_event *event = host_event(host, truth->uuid, at, kind, MT_ENTER);

	event->tgid = host->pid == 100 ? SOURCE : ARRIVING;
	return event;
}

static struct mt_event *step(struct host *host, const struct truth *truth, int64_t at,
			     enum mt_step which)
{
	struct mt_event *event = qemu(host, truth, at, MT_QEMU_STEP);

	event->step.step = which;
	return event;
}

static void vcpu(struct host *host, const struct truth *truth, int64_t at, enum mt_step which,
		 int index, int64_t kvm)
{
	struct mt_event *event = step(host, truth, at, which);

	snprintf(event->comm, MT_COMM, "CPU %d/KVM", index);
	event->earlier_ns = kvm ? (uint64_t)host_clock(host, kvm) : 0;
}

static void runs(struct host *host, const struct truth *truth, int64_t at, bool is_running)
{
	qemu(host, truth, at, MT_QEMU_RUN_STATE)->run_state.is_running = is_running;
}

static void state(struct host *host, const struct truth *truth, int64_t at, const char *name)
{
	struct mt_event *event = qemu(host, truth, at, MT_QEMU_MIGRATION_STATE);

	event->text_len = (uint16_t)snprintf(event->text, MT_TEXT, "%s", name);
}

static void told(struct host *host, const struct truth *truth, int64_t at, const char *status)
{
	struct mt_event *event = host_event(host, truth->uuid, at, MT_MONITOR_EVENT, MT_ENTER);

	event->text_len = (uint16_t)snprintf(
		event->text, MT_TEXT, "{\"event\": \"MIGRATION\", \"data\": {\"status\": \"%s\"}}",
		status);
}

static void qmp(struct host *host, const struct truth *truth, int64_t at, int64_t until,
		const char *command)
{
	host_event(host, truth->uuid, at, MT_MONITOR_SEND, MT_ENTER)->monitor.command =
		qmp_command_number(command);
	host_event(host, truth->uuid, until, MT_MONITOR_REPLY, MT_ENTER)->monitor.command =
		qmp_command_number(command);
}

/* As QEMU and libvirt do it, at the times that simulate_p2p() took, or shares of the spans. */
static void standstill(struct scene *s, const struct truth *t)
{
	int64_t span = t->sent - t->stopped, at = t->stopped;

	step(&s->a, t, at - 900000, MT_STEP_STOP_DECIDED);
	step(&s->a, t, at - 800000, MT_STEP_VCPUS_PAUSE);
	vcpu(&s->a, t, at - 600000, MT_STEP_VCPU_STOP, 1, at - 610000);
	vcpu(&s->a, t, at - 700000, MT_STEP_VCPU_STOP, 0, at - 710000);
	runs(&s->a, t, at - 500000, false);
	step(&s->a, t, at + span / 100, MT_STEP_BLOCK_FLUSH);
	state(&s->a, t, at + span / 50, "pre-switchover");
	told(&s->a, t, at + span / 40, "pre-switchover");
	qmp(&s->a, t, at + span / 30, at + span / 20, "query-migrate");
	step(&s->a, t, at + span / 10, MT_STEP_CONTINUED);
	told(&s->a, t, at + span / 9, "device");
	step(&s->a, t, at + span / 8, MT_STEP_LAST_RAM);
	step(&s->a, t, at + span / 2, MT_STEP_DEVICES_SAVE);
	step(&s->a, t, at + span / 10 * 6, MT_STEP_BLOCK_INACTIVATE);
	step(&s->a, t, at + span / 10 * 7, MT_STEP_STREAM_END);
	step(&s->a, t, at + span / 10 * 8, MT_STEP_LOAD_WAIT);
	state(&s->a, t, at + span / 10 * 9, "completed");
	step(&s->b, t, t->run + 1000, MT_STEP_LOAD);
	runs(&s->b, t, t->done - 60000, true);
	vcpu(&s->b, t, t->done - 50000, MT_STEP_VCPU_START, 0, 0);
	vcpu(&s->b, t, t->done - 40000, MT_STEP_VCPU_START, 1, 0);
}

static int64_t sum(const struct breakdown *breakdown, bool is_of_blackout)
{
	int64_t ns = 0;

	for (size_t i = 0; i < breakdown->count; i++)
		if (is_of_blackout ? breakdown->part[i].is_blackout
				   : breakdown->part[i].is_downtime)
			ns += breakdown->part[i].duration.est_ns;
	return ns;
}

static void scene_make(struct scene *scene, struct truth *truth, uint64_t *rng)
{
	scene_init(scene, random_between(rng, -10000 * MS, 10000 * MS), 0);
	*truth = simulate_p2p(&scene->a, &scene->b, rng, 1000 * MS, 7);
}

static void parts_have_the_names_of_what_went_on(void **cmocka)
{
	static const char *const names[] = {
		"all vCPUs seen stopped",
		"stop notifiers",
		"stop notifiers",
		"block flush",
		"event in transit to libvirt",
		"libvirt",
		"QMP",
		"libvirt processing",
		"QEMU resumes switchover",
		"last RAM",
		"device state",
		"block inactivate",
		"stream's end, flush",
		"wait for destination to load",
		"event in transit to libvirt",
	};
	uint64_t rng = 1;
	struct scene s;
	struct truth t;

	(void)cmocka;
	scene_make(&s, &t, &rng);
	standstill(&s, &t);
	scene_correlate(&s);
	struct figures f = figures_of(&s.migrations.migration[0]);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_string_equal(f.breakdown.part[i].name, names[i]);
	assert_string_equal(f.breakdown.part[6].detail, "query-migrate");
	assert_false(f.breakdown.part[1].is_downtime);
	assert_true(f.breakdown.part[1].is_blackout);
	assert_true(f.breakdown.part[2].is_downtime);
	scene_free(&s);
}

static void blackout_is_from_the_last_vcpu_to_the_first(void **cmocka)
{
	struct scene s;
	struct truth t;

	(void)cmocka;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		uint64_t rng = seed;
		int64_t truth_ns, worst_ns;

		scene_make(&s, &t, &rng);
		standstill(&s, &t);
		scene_correlate(&s);
		struct figures f = figures_of(&s.migrations.migration[0]);
		const struct vcpu *vcpu = f.vcpus.vcpu, *worst = vcpu;

		if (vcpu[1].blackout.est_ns > vcpu[0].blackout.est_ns)
			worst = &vcpu[1];
		truth_ns = t.done - 50000 - (t.stopped - 610000);
		worst_ns = t.done - 50000 - (t.stopped - 710000);
		if (!f.blackout.known || f.blackout.lo_ns > truth_ns ||
		    f.blackout.hi_ns < truth_ns || f.vcpus.count != 2 || worst->index != 0 ||
		    worst->blackout.lo_ns > worst_ns || worst->blackout.hi_ns < worst_ns)
			fail_msg("seed %lu: %ld not in %ld..%ld", seed, truth_ns, f.blackout.lo_ns,
				 f.blackout.hi_ns);
		assert_int_equal(sum(&f.breakdown, true), f.blackout.est_ns);
		assert_int_equal(sum(&f.breakdown, false), f.downtime.est_ns);
		scene_free(&s);
	}
}

/* Takes the step's last one away, of that vCPU, on that host. */
static void vcpu_unsee(struct host *host, enum mt_step which, const char *name)
{
	for (size_t i = host->recording.event_count; i-- > 0;)
		if (host->events[i].kind == MT_QEMU_STEP && host->events[i].step.step == which &&
		    !strcmp(host->events[i].comm, name)) {
			host->events[i].step.step = MT_STEP_NONE;
			return;
		}
}

/* To 1 us: the clocks' rates widen a longer time more. */
struct unseen {
	enum mt_step step;
	const char *vcpu;
	int64_t longer_ns, shorter_ns; /* than it is, at most */
};

/* By the run state all have stopped; before it, or their release, none has started. */
static void vcpu_that_was_not_seen_widens_the_blackout(void **cmocka)
{
	static const struct unseen cases[] = {
		{MT_STEP_VCPU_STOP, "CPU 1/KVM", 100000, 110000},
		{MT_STEP_VCPU_STOP, "CPU 0/KVM", 0, 110000},
		{MT_STEP_VCPU_START, "CPU 0/KVM", 10000, 10000},
		{MT_STEP_VCPU_START, "CPU 1/KVM", 0, 10000},
	};

	(void)cmocka;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t rng = i + 1;
		struct scene whole, part;
		struct truth t;

		scene_make(&whole, &t, &rng);
		standstill(&whole, &t);
		scene_correlate(&whole);
		rng = i + 1;
		scene_make(&part, &t, &rng);
		standstill(&part, &t);
		vcpu_unsee(cases[i].step == MT_STEP_VCPU_STOP ? &part.a : &part.b, cases[i].step,
			   cases[i].vcpu);
		scene_correlate(&part);
		struct quantity is = figures_of(&whole.migrations.migration[0]).blackout;
		struct quantity now = figures_of(&part.migrations.migration[0]).blackout;

		assert_in_range(now.hi_ns, is.hi_ns + cases[i].longer_ns - 1000,
				is.hi_ns + cases[i].longer_ns + 1000);
		assert_in_range(now.lo_ns, is.lo_ns - cases[i].shorter_ns - 1000,
				is.lo_ns - cases[i].shorter_ns + 1000);
		scene_free(&whole);
		scene_free(&part);
	}
}

static void blackout_unknown(enum mt_step step, const char *vcpu0, const char *vcpu1,
			     const char *why)
{
	uint64_t rng = 9;
	struct scene s;
	struct truth t;

	scene_make(&s, &t, &rng);
	standstill(&s, &t);
	vcpu_unsee(step == MT_STEP_VCPU_STOP ? &s.a : &s.b, step, vcpu0);
	vcpu_unsee(step == MT_STEP_VCPU_STOP ? &s.a : &s.b, step, vcpu1);
	scene_correlate(&s);
	struct figures f = figures_of(&s.migrations.migration[0]);

	assert_false(f.blackout.known);
	assert_string_equal(f.blackout.why_unknown, why);
	scene_free(&s);
}

/* As when start notifiers take longer than vCPUs are looked at. */
static void vcpus_of_which_none_was_seen_have_no_blackout(void **cmocka)
{
	(void)cmocka;
	blackout_unknown(MT_STEP_VCPU_START, "CPU 0/KVM", "CPU 1/KVM",
			 "when a vCPU went into the guest was not seen");
	blackout_unknown(MT_STEP_VCPU_STOP, "CPU 0/KVM", "CPU 1/KVM",
			 "when a vCPU left the guest was not seen");
}

/* A thread that was not seen to come back from KVM left the guest at some time before. */
static void thread_is_no_exit_of_kvm(void **cmocka)
{
	uint64_t rng = 9;
	struct scene s;
	struct truth t;

	(void)cmocka;
	scene_make(&s, &t, &rng);
	standstill(&s, &t);
	for (size_t i = 0; i < s.a.recording.event_count; i++)
		s.a.events[i].earlier_ns = 0;
	scene_correlate(&s);
	assert_string_equal(figures_of(&s.migrations.migration[0]).blackout.why_unknown,
			    "when a vCPU left the guest was not seen");
	scene_free(&s);
}

/* Any event at any time. */
static void noise(struct scene *s, const struct truth *t, uint64_t *rng)
{
	static const char *const states[] = {"device", "completed", "pre-switchover", "failed"};

	for (int i = random_between(rng, 0, 100); i > 0; i--) {
		struct host *host = random_next(rng) & 1 ? &s->a : &s->b;
		int64_t at = random_between(rng, t->start, t->finished);

		switch (random_next(rng) % 4) {
		case 0:
			step(host, t, at, (enum mt_step)random_between(rng, 0, MT_STEPS + 1));
			break;
		case 1:
			state(host, t, at, states[random_next(rng) % 4]);
			break;
		case 2:
			told(host, t, at, states[random_next(rng) % 4]);
			break;
		default:
			qmp(host, t, at, random_between(rng, at, t->finished), "query-block");
		}
	}
}

static void parts_add_up_whatever_happens(void **cmocka)
{
	struct scene s;
	struct truth t;

	(void)cmocka;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		uint64_t rng = seed;

		scene_make(&s, &t, &rng);
		noise(&s, &t, &rng);
		scene_correlate(&s);
		struct figures f = figures_of(&s.migrations.migration[0]);

		for (size_t i = 0; i < f.breakdown.count; i++)
			if (f.breakdown.part[i].duration.lo_ns < 0 || !f.breakdown.part[i].name)
				fail_msg("seed %lu: part %zu", seed, i);
		if (sum(&f.breakdown, false) != f.downtime.est_ns)
			fail_msg("seed %lu: %ld is not %ld", seed, sum(&f.breakdown, false),
				 f.downtime.est_ns);
		scene_free(&s);
	}
}

static void devices_follow_each_other(void **cmocka)
{
	static struct device devices[DEVICES_MAX];
	static const char *const names[] = {"cpu", "serial", "serial"};
	uint64_t rng = 3;
	struct scene s;
	struct truth t;

	(void)cmocka;
	scene_make(&s, &t, &rng);
	step(&s.a, &t, t.stopped, MT_STEP_LAST_RAM);
	for (int i = 0; i < 3; i++)
		snprintf(step(&s.a, &t, t.stopped + 1000 * (i + 1), MT_STEP_DEVICE_SAVE)->text,
			 MT_TEXT, "%s", names[i]);
	step(&s.a, &t, t.stopped + 9000, MT_STEP_BLOCK_INACTIVATE);
	scene_correlate(&s);
	assert_int_equal(devices_of(s.migrations.migration[0].source, devices), 3);
	for (int i = 0; i < 3; i++)
		assert_string_equal(devices[i].name, names[i]);
	assert_int_equal(devices[0].ns, 1000);
	assert_int_equal(devices[2].ns, 6000);
	assert_int_equal(devices[1].instance, 0);
	assert_int_equal(devices[2].instance, 1);
	assert_int_equal(devices_of(s.migrations.migration[0].destination, devices), 0);
	scene_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_have_the_names_of_what_went_on),
		cmocka_unit_test(blackout_is_from_the_last_vcpu_to_the_first),
		cmocka_unit_test(vcpu_that_was_not_seen_widens_the_blackout),
		cmocka_unit_test(vcpus_of_which_none_was_seen_have_no_blackout),
		cmocka_unit_test(thread_is_no_exit_of_kvm),
		cmocka_unit_test(parts_add_up_whatever_happens),
		cmocka_unit_test(devices_follow_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
