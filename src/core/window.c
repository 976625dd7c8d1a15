/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All that a recording has of the time of one half, of whatever process. */
#include "core/window.h"

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
