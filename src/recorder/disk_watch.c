/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was seen of the requests of guests' disks, and when no more will come. */
#include <stdint.h>
#include <string.h>

#include "recorder/state.h"

/* In which a guest that uses its disk at all makes a request of it, since it was started; */
#define IDLE_NS INT64_C(1000000000)

/* and in which one is completed, of a guest that waits for that (core/side/grace.h: sooner). */
#define FIRST_MAX_NS INT64_C(20000000000)

/* Of a guest that is not started when it has come. */
#define START_MAX_NS INT64_C(5000000000)

static const struct mt_disk *disk_of(const struct recorder *recorder, const struct watched *watch)
{
	return &tracer_on_demand(recorder->tracer)->subjects.disk.disks[watch->index % MT_DISKS];
}

/* Of those that were begun before it was watched some may be completed: on a source. */
static uint64_t waiting_of(const struct mt_disk *disk)
{
	return disk->begun > disk->completed ? disk->begun - disk->completed : 0;
}

void disk_watch_fill(const struct recorder *recorder, const struct watched *watch, bool is_whole,
		     struct mt_event *event)
{
	const struct mt_disk *disk = disk_of(recorder, watch);
	bool are_known = !disk->unreadable;

	event->text_len = (uint16_t)strnlen(disk->key.id, MT_DISK_ID);
	memcpy(event->text, disk->key.id, event->text_len);
	if (event->kind == MT_DISK_BEGIN)
		return;
	event->disk.last_ns = watch_stamp(recorder, disk->last_ns);
	event->disk.first_ns = watch_stamp(recorder, disk->first_ns);
	event->disk.completed = disk->completed;
	event->disk.waiting = waiting_of(disk);
	event->disk.in_flight = disk->in_flight;
	event->disk.oldest_ns = watch_stamp(recorder, are_known ? disk->oldest_ns : 0);
	event->disk.newest_ns = watch_stamp(recorder, are_known ? disk->newest_ns : 0);
	event->disk.is_whole = is_whole;
}

/* Returns whether another disk of the guest is watched still. */
static bool any_other(const struct recorder *recorder, const struct watched *watch)
{
	for (size_t i = 0; i < recorder->watch_count; i++) {
		const struct watched *other = &recorder->watches[i];

		if (other->subject == SUBJECT_DISK && other->pid == watch->pid &&
		    other->index != watch->index)
			return true;
	}
	return false;
}

/* Of those without a name there is nothing to wait for: they say what the others are worth. */
bool disk_watch_is_over(const struct recorder *recorder, const struct watched *watch,
			int64_t now_ns)
{
	const struct mt_disk *disk = disk_of(recorder, watch);
	bool has_started = watch->has_loaded && (int64_t)disk->start > watch->begun_ns;
	int64_t wait_ns = waiting_of(disk) ? FIRST_MAX_NS : IDLE_NS;

	if (!disk->key.id[0])
		return !any_other(recorder, watch);
	if (watch->has_failed || watch->exited_ns || (has_started && disk->first_ns))
		return true;
	if (watch->has_loaded && watch->started_ns)
		return now_ns >= watch->started_ns + wait_ns;
	return watch->completed_ns && now_ns >= watch->completed_ns + START_MAX_NS;
}
