/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For how long guests' vCPUs are watched, and where their time went meanwhile. */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "record/write.h"
#include "recorder/state.h"

/* Of a guest that was started: within its side's window (core/side/grace.h). */
#define AFTER_NS INT64_C(400000000)

/* Of one that is complete, and is not started. */
#define STARTED_MAX_NS INT64_C(5000000000)

/* Nothing is detached while the guest may stand still. */
#define LATER_NS INT64_C(1000000000)

/* A pass is worth a look after so much more time: few of a long migration. */
#define SHARE 16

/* How many faults were as long, without those that are 0 behind the last one. */
static void faults_write(const struct mt_vcpu *vcpu, struct mt_event *event)
{
	size_t count = MT_WAIT_TIMES, len = 0;

	while (count && !vcpu->faults[count - 1])
		count--;
	for (size_t i = 0; i < count && len < MT_TEXT - 12; i++)
		len += (size_t)snprintf(event->text + len, MT_TEXT - len, "%s%" PRIu32,
					i ? " " : "", (uint32_t)vcpu->faults[i]);
	event->text_len = (uint16_t)len;
}

/* What it did as its sums end goes on until then. */
static void vcpu_write(struct recorder *recorder, const struct vcpu_watch *watch,
		       const struct mt_vcpu *vcpu, int64_t until_ns, bool is_last)
{
	struct mt_event event = {
		.ktime_ns = (uint64_t)recorder_stamp(recorder, until_ns),
		.tgid = watch->pid,
		.tid = vcpu->tid,
		.kind = MT_VCPU,
		.spent.begun_ns = (uint64_t)recorder_stamp(recorder, (int64_t)vcpu->begun_ns),
		.spent.quota_ns = vcpu->quota_ns,
		.spent.is_last = is_last,
	};

	memcpy(event.uuid, watch->uuid, MT_UUID);
	memcpy(event.comm, vcpu->name, MT_COMM);
	memcpy(event.spent.time_ns, vcpu->time_ns, sizeof(event.spent.time_ns));
	if (vcpu->does < MT_VCPU_TIMES && (int64_t)vcpu->since_ns < until_ns)
		event.spent.time_ns[vcpu->does] += (uint64_t)until_ns - vcpu->since_ns;
	faults_write(vcpu, &event);
	recorder_check(recorder, record_write_event(recorder->out, &event));
}

static void vcpus_write(struct recorder *recorder, const struct vcpu_watch *watch, int64_t until_ns,
			bool is_last)
{
	struct mt_vcpu *vcpus = tracer_on_demand(recorder->tracer)->vcpus.vcpus, copy;

	for (size_t i = 0; i < MT_VCPUS; i++) {
		if (!vcpus[i].is_used || vcpus[i].tgid != watch->pid)
			continue;
		if (vcpu_read(&vcpus[i], &copy) && (int64_t)copy.begun_ns <= until_ns)
			vcpu_write(recorder, watch, &copy, until_ns, is_last);
		if (is_last)
			vcpus[i].is_used = 0;
	}
	schedule_event(&recorder->schedule, time_now_ns());
}

static struct vcpu_watch *watch_of(struct recorder *recorder, uint32_t pid)
{
	for (size_t i = 0; i < recorder->vcpu_watch_count; i++)
		if (recorder->vcpu_watch[i].pid == pid)
			return &recorder->vcpu_watch[i];
	return NULL;
}

static void last_write(struct recorder *recorder, struct vcpu_watch *watch, int64_t until_ns)
{
	if (!watch->is_told)
		vcpus_write(recorder, watch, until_ns, true);
	watch->is_told = true;
}

static void watch_end(struct recorder *recorder, struct vcpu_watch *watch, int64_t until_ns)
{
	last_write(recorder, watch, until_ns);
	*watch = recorder->vcpu_watch[--recorder->vcpu_watch_count];
	if (!recorder->vcpu_watch_count)
		prober_vcpus(recorder->prober, false);
}

void vcpus_arm(struct recorder *recorder, const struct mt_event *event)
{
	int64_t now_ns = time_now_ns();
	struct vcpu_watch *watch;

	if (!event_begins(event) || !tracer_on_demand(recorder->tracer)->vcpus.links.can)
		return;
	watch = watch_of(recorder, event->tgid);
	if (watch)
		watch_end(recorder, watch, now_ns);
	if (recorder->vcpu_watch_count == VCPU_WATCHES)
		return;
	if (!recorder->vcpu_watch_count)
		prober_vcpus(recorder->prober, true);
	watch = &recorder->vcpu_watch[recorder->vcpu_watch_count++];
	*watch = (struct vcpu_watch){
		.pid = event->tgid, .begun_ns = now_ns, .next_ns = now_ns, .due_ns = INT64_MAX};
}

static void pass_look(struct recorder *recorder, struct vcpu_watch *watch)
{
	int64_t now_ns = time_now_ns();

	if (now_ns < watch->next_ns)
		return;
	vcpus_write(recorder, watch, now_ns, false);
	watch->next_ns = now_ns + (now_ns - watch->begun_ns) / SHARE;
}

/* Pages come until a post-copy is complete, and may not come at all. */
static bool is_over(const struct vcpu_watch *watch, const struct mt_event *event)
{
	if (event->kind != MT_QEMU_MIGRATION_STATE)
		return event->kind == MT_EXIT;
	return event_says(event, "failed") || event_says(event, "cancelled") ||
	       (event_says(event, "completed") && (watch->is_postcopy || watch->is_told));
}

static void state_note(struct vcpu_watch *watch, const struct mt_event *event)
{
	if (event->kind != MT_QEMU_MIGRATION_STATE)
		return;
	if (event_says(event, "postcopy-active"))
		watch->is_postcopy = true;
	else if (event_says(event, "completed") && watch->due_ns == INT64_MAX)
		watch->due_ns = time_now_ns() + STARTED_MAX_NS;
}

/* A guest that was stopped has lost all that it can lose here before that. */
static bool is_stop(const struct mt_event *event)
{
	return (event->kind == MT_QEMU_STEP && event->step.step == MT_STEP_VCPUS_PAUSE) ||
	       (event->kind == MT_QEMU_RUN_STATE && !event->run_state.is_running);
}

void vcpus_event(struct recorder *recorder, const struct mt_event *event,
		 const struct mt_event *stamped)
{
	struct vcpu_watch *watch = watch_of(recorder, event->tgid);

	if (!watch)
		return;
	if (event_begins(stamped))
		memcpy(watch->uuid, stamped->uuid, MT_UUID);
	state_note(watch, stamped);
	if (is_stop(event) || is_over(watch, stamped))
		last_write(recorder, watch, (int64_t)event->ktime_ns);
	if (is_over(watch, stamped))
		watch->due_ns = time_now_ns() + LATER_NS;
	if (watch->is_told)
		return;
	if (event->kind == MT_QEMU_RAM && event->ram.pass != UINT64_MAX)
		pass_look(recorder, watch);
	else if (event->kind == MT_QEMU_RUN_STATE && !watch->is_postcopy)
		watch->due_ns = (int64_t)event->ktime_ns + AFTER_NS;
}

int64_t vcpus_due_ns(const struct recorder *recorder)
{
	int64_t due_ns = INT64_MAX;

	for (size_t i = 0; i < recorder->vcpu_watch_count; i++)
		if (recorder->vcpu_watch[i].due_ns < due_ns)
			due_ns = recorder->vcpu_watch[i].due_ns;
	return due_ns;
}

void vcpus_tend(struct recorder *recorder, int64_t now_ns)
{
	for (size_t i = recorder->vcpu_watch_count; i-- > 0;)
		if (now_ns >= recorder->vcpu_watch[i].due_ns)
			watch_end(recorder, &recorder->vcpu_watch[i], now_ns);
}

void vcpus_finish(struct recorder *recorder)
{
	while (recorder->vcpu_watch_count)
		watch_end(recorder, &recorder->vcpu_watch[recorder->vcpu_watch_count - 1],
			  time_now_ns());
}
