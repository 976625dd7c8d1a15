/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which events of a recording are let go, when it holds more than it may. */
#include "core/thin.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/store.h"
#include "core/window.h"

static size_t index_of(const struct recording *recording, const struct mt_event *event)
{
	return (size_t)(event - recording->events);
}

static void half_flag(const struct half *half, bool *flags, size_t from, size_t to, bool flag)
{
	for (size_t i = from; i < to; i++)
		flags[index_of(half->recording, half->events[i])] = flag;
}

/* Its begin and its end matter most. */
static int half_thin(struct recording *recording, const struct half *half, size_t most, bool *keep)
{
	size_t from = most / 2, to = half->count - (most - most / 2);
	struct gap gap = {.is_of_one = true, .why = "it has more events than are kept of one"};

	if (half->count <= most)
		return 0;
	gap.from_ns = (int64_t)half->events[from]->ktime_ns;
	gap.to_ns = (int64_t)half->events[to - 1]->ktime_ns;
	memcpy(gap.uuid, half_uuid(half), MT_UUID);
	half_flag(half, keep, from, to, false);
	return recording_add_gap(recording, &gap);
}

static bool is_tcp(const struct mt_event *event)
{
	return event->kind == MT_TCP_STATE;
}

static void tcp_thin(const struct recording *recording, size_t most, bool *keep)
{
	size_t count = 0;

	for (size_t i = 0; i < recording->event_count; i++)
		count += is_tcp(&recording->events[i]);
	for (size_t i = 0; count > most && i < recording->event_count; i++)
		keep[i] &= !is_tcp(&recording->events[i]);
}

int recording_thin(struct recording *recording, size_t half_events)
{
	bool *keep = malloc(recording->event_count + 1);
	struct halves halves;
	int err;

	if (!keep)
		return -ENOMEM;
	memset(keep, true, recording->event_count + 1);
	err = halves_find(recording, &halves);
	for (size_t i = 0; !err && i < halves.count; i++)
		err = half_thin(recording, &halves.half[i], half_events, keep);
	halves_free(&halves);
	tcp_thin(recording, half_events, keep);
	if (!err)
		recording_keep(recording, keep);
	free(keep);
	return err;
}

/* What of its time may be of it, though of no half; its time is not over before it is. */
static void window_flag(const struct recording *recording, const struct half *half, bool *flags)
{
	const struct mt_event *event = window_of(half).events;
	const struct mt_event *end = event + window_of(half).count;

	if (!half->is_over)
		end = recording->events + recording->event_count;
	for (; event < end; event++) {

		if (is_tcp(event) || !memcmp(event->uuid, half_uuid(half), MT_UUID))
			flags[index_of(recording, event)] = true;
	}
}

static const struct half *half_in(const struct migration *migration,
				  const struct recording *recording, enum side side)
{
	const struct half *half = side == SIDE_SOURCE ? migration->source : migration->destination;

	return half && half->recording == recording ? half : NULL;
}

int recording_keep_halves(struct recording *recording, const struct halves *halves,
			  const struct migrations *migrations)
{
	bool *keep = calloc(recording->event_count + 1, sizeof(*keep));
	const enum side sides[] = {SIDE_SOURCE, SIDE_DESTINATION};

	if (!keep)
		return -ENOMEM;
	for (size_t i = 0; i < migrations->count * 2; i++) {
		const struct half *half =
			half_in(&migrations->migration[i / 2], recording, sides[i % 2]);

		if (half)
			window_flag(recording, half, keep);
	}
	/* Windows overlap: what is of a half is kept if that one is, and only then. */
	for (size_t i = 0; i < halves->count; i++)
		half_flag(&halves->half[i], keep, 0, halves->half[i].count, false);
	for (size_t i = 0; i < migrations->count * 2; i++) {
		const struct half *half =
			half_in(&migrations->migration[i / 2], recording, sides[i % 2]);

		if (half)
			half_flag(half, keep, 0, half->count, true);
	}
	recording_keep(recording, keep);
	free(keep);
	return 0;
}
