/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All that a recording has of the time of one half, of whatever process. */
#include "core/window.h"

#include <string.h>

#define AFTER_NS UINT64_C(3000000000)

/* Returns how many of the recording's events are before the instant. */
static size_t events_before(const struct recording *recording, uint64_t ns)
{
	size_t lo = 0, hi = recording->event_count;

	while (lo < hi) {
		size_t middle = lo + (hi - lo) / 2;

		if (recording->events[middle].ktime_ns < ns)
			lo = middle + 1;
		else
			hi = middle;
	}
	return lo;
}

struct window window_of(const struct half *half)
{
	const struct recording *recording = half->recording;
	size_t first = events_before(recording, half->events[0]->ktime_ns);
	size_t end = events_before(recording, half->events[half->count - 1]->ktime_ns + AFTER_NS);

	return (struct window){&recording->events[first], end - first};
}

bool window_is_past(const struct half *half)
{
	const struct recording *recording = half->recording;
	uint64_t end_ns = half->events[half->count - 1]->ktime_ns + AFTER_NS;

	return recording->events[recording->event_count - 1].ktime_ns > end_ns ||
	       (recording->snapshot_count &&
		(uint64_t)recording->snapshots[recording->snapshot_count - 1].mono_before_ns >
			end_ns);
}

static bool is_qemus(const struct mt_event *event)
{
	switch (event->kind) {
	case MT_QEMU_RUN_STATE:
	case MT_QEMU_MIGRATION_STATE:
	case MT_QEMU_PING:
	case MT_QEMU_PONG:
	case MT_QEMU_SHUT:
	case MT_QEMU_STEP:
		return true;
	default:
		return false;
	}
}

static bool is_next_attempt(const struct half *half, const struct mt_event *event)
{
	return event->ktime_ns > half->events[half->count - 1]->ktime_ns &&
	       event->edge == MT_ENTER &&
	       (event->kind == MT_PREPARE || event->kind == MT_PERFORM || event->kind == MT_BEGIN);
}

const struct mt_event *window_next_qemu(const struct half *half, const struct mt_event *after)
{
	struct window window = window_of(half);
	const struct mt_event *event = after ? after + 1 : window.events;

	for (; event < window.events + window.count; event++) {
		if (memcmp(event->uuid, half_uuid(half), MT_UUID) != 0)
			continue;
		if (is_next_attempt(half, event))
			return NULL;
		if (is_qemus(event))
			return event;
	}
	return NULL;
}
