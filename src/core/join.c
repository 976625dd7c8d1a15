/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recordings of one host, one after the other, as one: a recorder was ended, and another one started. */
#include "core/join.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int64_t recording_end_ns(const struct recording *recording)
{
	int64_t seen = 0, looked = 0;

	if (recording->event_count)
		seen = (int64_t)recording->events[recording->event_count - 1].ktime_ns;
	if (recording->snapshot_count)
		looked = recording->snapshots[recording->snapshot_count - 1].mono_after_ns;
	return seen > looked ? seen : looked;
}

/* It lacks nothing of what comes after its first look. */
static int64_t recording_begin_ns(const struct recording *recording)
{
	return recording->snapshot_count ? recording->snapshots[0].mono_before_ns : INT64_MIN;
}

static bool is_same_daemon(const struct daemon *a, const struct daemon *b)
{
	return a->pid == b->pid && !strcmp(a->host, b->host) && !strcmp(a->hostuuid, b->hostuuid);
}

static bool have_same_daemon(const struct recording *a, const struct recording *b)
{
	for (size_t i = 0; i < a->daemon_count; i++)
		for (size_t j = 0; j < b->daemon_count; j++)
			if (is_same_daemon(&a->daemons[i], &b->daemons[j]))
				return true;
	return false;
}

bool recording_follows(const struct recording *recording, const struct recording *later)
{
	return recording->boot_id[0] && !strcmp(recording->boot_id, later->boot_id) &&
	       recording_begin_ns(later) > recording_end_ns(recording) &&
	       have_same_daemon(recording, later);
}

/* Makes room for more behind the count elements that there are. */
static int make_room(void **array, size_t count, size_t more, size_t size)
{
	void *bigger = reallocarray(*array, count + more + 1, size);

	if (!bigger)
		return -ENOMEM;
	*array = bigger;
	return 0;
}

static int rooms_make(struct recording *recording, const struct recording *later)
{
	return make_room((void **)&recording->events, recording->event_count, later->event_count,
			 sizeof(*recording->events)) ||
			       make_room((void **)&recording->snapshots, recording->snapshot_count,
					 later->snapshot_count, sizeof(*recording->snapshots)) ||
			       make_room((void **)&recording->exchanges, recording->exchange_count,
					 later->exchange_count, sizeof(*recording->exchanges)) ||
			       make_room((void **)&recording->daemons, recording->daemon_count,
					 later->daemon_count, sizeof(*recording->daemons)) ||
			       make_room((void **)&recording->missing, recording->missing_count,
					 later->missing_count, sizeof(*recording->missing)) ||
			       make_room((void **)&recording->gaps, recording->gap_count,
					 later->gap_count + 1, sizeof(*recording->gaps))
		       ? -ENOMEM
		       : 0;
}

static void append(void *array, size_t *count, const void *more, size_t *more_count, size_t size)
{
	if (*more_count)
		memcpy((char *)array + *count * size, more, *more_count * size);
	*count += *more_count;
	*more_count = 0;
}

int recording_append(struct recording *recording, struct recording *later)
{
	uint64_t lost = recording->snapshot_count
				? recording->snapshots[recording->snapshot_count - 1].lost
				: 0;
	struct gap gap = {recording_end_ns(recording), recording_begin_ns(later)};

	if (rooms_make(recording, later))
		return -ENOMEM;
	for (size_t i = 0; i < later->snapshot_count; i++)
		later->snapshots[i].lost += lost;
	recording->gaps[recording->gap_count++] = gap;
	append(recording->events, &recording->event_count, later->events, &later->event_count,
	       sizeof(*recording->events));
	append(recording->snapshots, &recording->snapshot_count, later->snapshots,
	       &later->snapshot_count, sizeof(*recording->snapshots));
	append(recording->exchanges, &recording->exchange_count, later->exchanges,
	       &later->exchange_count, sizeof(*recording->exchanges));
	append(recording->daemons, &recording->daemon_count, later->daemons, &later->daemon_count,
	       sizeof(*recording->daemons));
	append(recording->missing, &recording->missing_count, later->missing, &later->missing_count,
	       sizeof(*recording->missing));
	append(recording->gaps, &recording->gap_count, later->gaps, &later->gap_count,
	       sizeof(*recording->gaps));
	recording->ended &= later->ended;
	recording->hits += later->hits;
	recording->unreadable += later->unreadable;
	later->hits = 0;
	return 0;
}
