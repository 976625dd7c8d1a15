/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every event on the host while one side was migrating, and when that time has safely passed. */
#include "core/side/window.h"

#include <assert.h>

#include "core/side/domain.h"
#include "core/side/grace.h"
#include "core/side/qemu.h"

/* Returns how many of the recording's events are before the instant. */
static size_t events_before(const struct recording *recording, uint64_t ns)
{
	size_t lo = 0, hi = recording->event_count;

	while (lo < hi) {
		size_t middle = lo + (hi - lo) / 2;

		assert(middle < hi);
		if (recording->events[middle].ktime_ns < ns)
			lo = middle + 1;
		else
			hi = middle;
	}
	return lo;
}

static uint64_t window_end_ns(const struct side *side)
{
	return side->events[side->count - 1]->ktime_ns + GRACE_WINDOW_NS;
}

struct window window_of(const struct side *side)
{
	const struct recording *recording = side->recording;
	size_t first = events_before(recording, side->events[0]->ktime_ns);
	size_t end = events_before(recording, window_end_ns(side));

	assert(first <= end && end <= recording->event_count);
	return (struct window){&recording->events[first], end - first};
}

bool window_has(const struct side *side, int64_t ns)
{
	return (uint64_t)ns >= side->events[0]->ktime_ns && (uint64_t)ns < window_end_ns(side);
}

/* What is between two looks is bounded by the one after them, too (core/recording/raw.c). */
bool window_is_past(const struct side *side)
{
	const struct recording *recording = side->recording;

	return recording->snapshot_count > 1 &&
	       (uint64_t)recording->snapshots[recording->snapshot_count - 2].mono_before_ns >
		       window_end_ns(side) + GRACE_ORDER_NS;
}

bool side_is_looked_after(const struct side *side)
{
	return recording_is_after(side->recording, side->events[side->count - 1]->ktime_ns);
}

bool side_has_numbers(const struct side *side)
{
	return !side->recording->asks_libvirt || side_job_stats(side) ||
	       recording_is_after(side->recording,
				  side->events[side->count - 1]->ktime_ns + GRACE_NUMBERS_NS);
}

/* On this host: on one kernel there may be the other side, too. */
static bool is_next_attempt(const struct side *side, const struct mt_event *event)
{
	return event->ktime_ns > side->events[side->count - 1]->ktime_ns &&
	       event->tgid == side->events[0]->tgid && event_begins_job(event);
}

const struct mt_event *window_next(const struct side *side, const struct mt_event *after)
{
	const struct mt_event *event =
		after ? domain_next(side, after) : domain_from(side, window_of(side).events);

	return event && event->ktime_ns < window_end_ns(side) && !is_next_attempt(side, event)
		       ? event
		       : NULL;
}

const struct mt_event *window_next_qemu(const struct side *side, const struct mt_event *after)
{
	const struct mt_event *event = after;

	while ((event = window_next(side, event)))
		if (event_is_qemus(event) && event->uuid_check != MT_DISAGREES)
			return event;
	return NULL;
}

const struct mt_event *window_next_impostor(const struct side *side, const struct mt_event *after)
{
	const struct mt_event *event = after;

	while ((event = window_next(side, event)))
		if (event_is_qemus(event) && event->uuid_check == MT_DISAGREES)
			return event;
	return NULL;
}
