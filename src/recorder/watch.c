/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long guests' network interfaces and disks are watched, and what was seen of them. */
#include <stdint.h>
#include <string.h>

#include "base/time.h"
#include "record/write.h"
#include "recorder/state.h"

#define LOOK_NS INT64_C(50000000)

static const struct {
	enum mt_kind begin, end;
	void (*fill)(const struct recorder *recorder, const struct watched *watch, bool is_whole,
		     struct mt_event *event);
	bool (*is_over)(const struct recorder *recorder, const struct watched *watch,
			int64_t now_ns);
} subjects[SUBJECTS] = {
	[SUBJECT_NET] = {MT_NET_BEGIN, MT_NET_END, net_watch_fill, net_watch_is_over},
	[SUBJECT_DISK] = {MT_DISK_BEGIN, MT_DISK_END, disk_watch_fill, disk_watch_is_over},
};

uint64_t watch_stamp(const struct recorder *recorder, uint64_t ns)
{
	return ns ? (uint64_t)recorder_stamp(recorder, (int64_t)ns) : 0;
}

static void watch_write(struct recorder *recorder, const struct watched *watch, enum mt_kind kind,
			bool is_whole)
{
	bool has_begun = kind == subjects[watch->subject].begin;
	struct mt_event event = {
		.ktime_ns = has_begun ? watch_stamp(recorder, (uint64_t)watch->begun_ns)
				      : (uint64_t)recorder_now(recorder),
		.tgid = watch->pid,
		.tid = watch->pid,
		.kind = kind,
	};

	memcpy(event.uuid, watch->uuid, MT_UUID);
	subjects[watch->subject].fill(recorder, watch, is_whole, &event);
	recorder_check(recorder, record_write_event(recorder->out, &event));
	schedule_event(&recorder->schedule, time_now_ns());
}

static void watch_begin(struct recorder *recorder, enum subject subject,
			const struct mt_event *event)
{
	const struct watch_begun *begun = &recorder->watch_begun[subject];

	for (uint32_t i = 0; i < begun->found.count && recorder->watch_count < WATCHES_MAX; i++) {
		struct watched *watch = &recorder->watches[recorder->watch_count++];

		*watch = (struct watched){.subject = subject,
					  .pid = event->tgid,
					  .index = begun->found.index[i],
					  .begun_ns = begun->ns};
		memcpy(watch->uuid, event->uuid, MT_UUID);
		watch_write(recorder, watch, subjects[subject].begin, false);
	}
}

bool event_says(const struct mt_event *event, const char *state)
{
	return event->text_len == strlen(state) && !memcmp(event->text, state, event->text_len);
}

static void watch_note(struct watched *watch, const struct mt_event *event, int64_t now_ns)
{
	if (event->kind == MT_EXIT)
		watch->exited_ns = now_ns;
	else if (event->kind == MT_QEMU_STEP && event->step.step == MT_STEP_LOAD)
		watch->has_loaded = true;
	else if (event->kind == MT_QEMU_RUN_STATE)
		watch->started_ns = event->run_state.is_running ? now_ns : 0;
	else if (event->kind != MT_QEMU_MIGRATION_STATE)
		return;
	else if (event_says(event, "completed"))
		watch->completed_ns = now_ns;
	else if (event_says(event, "failed") || event_says(event, "cancelled"))
		watch->has_failed = true;
}

/* A destination has no "setup". */
bool event_begins(const struct mt_event *event)
{
	return event->kind == MT_QEMU_MIGRATION_STATE &&
	       (!event->migration_state.old || event_says(event, "setup"));
}

static void watch_end(struct recorder *recorder, size_t at, bool is_whole)
{
	const struct watched watch = recorder->watches[at];

	watch_write(recorder, &watch, subjects[watch.subject].end, is_whole);
	prober_unwatch(recorder->prober, watch.subject, watch.index);
	recorder->watches[at] = recorder->watches[--recorder->watch_count];
}

/* What it migrated to before, or did not, is over. */
void watch_arm(struct recorder *recorder, const struct mt_event *event)
{
	if (!event_begins(event))
		return;
	for (size_t i = recorder->watch_count; i-- > 0;)
		if (recorder->watches[i].pid == event->tgid)
			watch_end(recorder, i, true);
	for (int i = 0; i < SUBJECTS; i++) {
		prober_watch(recorder->prober, (enum subject)i, (pid_t)event->tgid,
			     &recorder->watch_begun[i].found);
		recorder->watch_begun[i].ns = time_now_ns();
	}
}

void watch_event(struct recorder *recorder, const struct mt_event *event)
{
	for (int i = 0; event_begins(event) && i < SUBJECTS; i++)
		watch_begin(recorder, (enum subject)i, event);
	for (size_t i = 0; !event_begins(event) && i < recorder->watch_count; i++)
		if (recorder->watches[i].pid == event->tgid)
			watch_note(&recorder->watches[i], event, time_now_ns());
}

int64_t watch_due_ns(const struct recorder *recorder)
{
	return recorder->watch_count ? time_now_ns() + LOOK_NS : INT64_MAX;
}

void watch_tend(struct recorder *recorder, int64_t now_ns)
{
	for (size_t i = recorder->watch_count; i-- > 0;) {
		const struct watched *watch = &recorder->watches[i];

		if (subjects[watch->subject].is_over(recorder, watch, now_ns))
			watch_end(recorder, i, true);
	}
}

void watch_finish(struct recorder *recorder)
{
	while (recorder->watch_count)
		watch_end(recorder, recorder->watch_count - 1, false);
}
