/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which events to drop when a recording exceeds its memory limit. */
#include "core/match/thin.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/recording/store.h"
#include "core/side/watched.h"
#include "core/side/window.h"

static size_t index_of(const struct recording *recording, const struct mt_event *event)
{
	assert(event >= recording->events);
	assert(event < recording->events + recording->event_count);
	return (size_t)(event - recording->events);
}

static void side_flag(const struct side *side, bool *flags, size_t from, size_t to, bool flag)
{
	assert(from <= to && to <= side->count);
	for (size_t i = from; i < to; i++)
		flags[index_of(side->recording, side->events[i])] = flag;
}

/* Its begin and its end matter most. */
static int side_thin(struct recording *recording, const struct side *side, size_t most, bool *keep)
{
	size_t from = most / 2, to = side->count - (most - most / 2);
	struct gap gap = {.is_of_one = true,
			  .why = "it has more events than the memory limit allows"};

	if (side->count <= most)
		return 0;
	assert(from < to && side->recording == recording);
	gap.from_ns = (int64_t)side->events[from]->ktime_ns;
	gap.to_ns = (int64_t)side->events[to - 1]->ktime_ns;
	memcpy(gap.uuid, side_uuid(side), MT_UUID);
	side_flag(side, keep, from, to, false);
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
	assert(count <= recording->event_count);
	for (size_t i = 0; count > most && i < recording->event_count; i++)
		keep[i] &= !is_tcp(&recording->events[i]);
}

int recording_thin(struct recording *recording, size_t side_events)
{
	bool *keep = malloc(recording->event_count + 1);
	struct sides sides;
	int err;

	if (!keep)
		return -ENOMEM;
	memset(keep, true, recording->event_count + 1);
	err = sides_find(recording, &sides);
	for (size_t i = 0; !err && i < sides.count; i++)
		err = side_thin(recording, &sides.side[i], side_events, keep);
	sides_free(&sides);
	tcp_thin(recording, side_events, keep);
	if (!err)
		recording_keep(recording, keep);
	free(keep);
	return err;
}

/* What of its time may be of it, though of no side; its time is not over before it has ended. */
static void window_flag(const struct recording *recording, const struct side *side, bool *flags)
{
	const struct mt_event *event = window_of(side).events;
	const struct mt_event *end = event + window_of(side).count;

	if (!side_has_ended(side))
		end = recording->events + recording->event_count;
	assert(event >= recording->events && end <= recording->events + recording->event_count);
	for (; event < end; event++) {
		if (is_tcp(event) || event->kind == MT_SCHED || event->kind == MT_HOLDER ||
		    !memcmp(event->uuid, side_uuid(side), MT_UUID))
			flags[index_of(recording, event)] = true;
	}
}

/* They may be watched for longer than that. */
static void watched_flag(const struct side *side, bool *flags)
{
	static const enum mt_kind kinds[] = {MT_NET_BEGIN, MT_DISK_BEGIN};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct mt_event *begin = NULL, *end;

		while ((begin = watched_next(side, kinds[i], begin)))
			if ((end = watched_end(side, begin)))
				flags[index_of(side->recording, end)] = true;
	}
}

static const struct side *side_in(const struct migration *migration,
				  const struct recording *recording, enum role role)
{
	const struct side *side = role == ROLE_SOURCE ? migration->source : migration->destination;

	return side && side->recording == recording ? side : NULL;
}

int recording_keep_sides(struct recording *recording, const struct sides *sides,
			 const struct migrations *migrations)
{
	bool *keep = calloc(recording->event_count + 1, sizeof(*keep));
	const enum role roles[] = {ROLE_SOURCE, ROLE_DESTINATION};

	if (!keep)
		return -ENOMEM;
	for (size_t i = 0; i < migrations->count * 2; i++) {
		const struct side *side =
			side_in(&migrations->migration[i / 2], recording, roles[i % 2]);

		if (side) {
			window_flag(recording, side, keep);
			watched_flag(side, keep);
		}
	}
	/* Windows overlap: what is of a side is kept if that one is, and only then. */
	for (size_t i = 0; i < sides->count; i++)
		side_flag(&sides->side[i], keep, 0, sides->side[i].count, false);
	for (size_t i = 0; i < migrations->count * 2; i++) {
		const struct side *side =
			side_in(&migrations->migration[i / 2], recording, roles[i % 2]);

		if (side)
			side_flag(side, keep, 0, side->count, true);
	}
	recording_keep(recording, keep);
	free(keep);
	return 0;
}
