/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The growing arrays of a recording: add, move, drop, count bytes. */
#include "core/recording/store.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/recording/raw.h"

#define ROOM_FIRST  64
#define DAEMONS_MAX 8192 /* that are remembered; containers have one for each guest */
/* Snapshots that are kept before the first event: raw_of() needs the span that it is in, and those
 * before that. */
#define SNAPSHOTS_BEFORE (RAW_SNAPSHOTS_BEFORE + 1)

/* The arrays of a recording: where in it they are. */
struct array {
	size_t at, count, room, size;
};

enum which {
	EVENTS,
	SNAPSHOTS,
	EXCHANGES,
	DAEMONS,
	GAPS,
	MISSING,
	JOB_STATS,
};

#define ARRAY(name, names)                                                                         \
	{                                                                                          \
		offsetof(struct recording, names), offsetof(struct recording, name##_count),       \
			offsetof(struct recording, name##_room),                                   \
			sizeof(*((struct recording *)0)->names)                                    \
	}

static const struct array arrays[] = {
	[EVENTS] = ARRAY(event, events),
	[SNAPSHOTS] = ARRAY(snapshot, snapshots),
	[EXCHANGES] = ARRAY(exchange, exchanges),
	[DAEMONS] = ARRAY(daemon, daemons),
	[GAPS] = ARRAY(gap, gaps),
	[MISSING] = ARRAY(missing, missing),
	[JOB_STATS] = ARRAY(job_stats, job_stats),
};

#define ARRAYS (sizeof(arrays) / sizeof(arrays[0]))
static_assert(ARRAYS == JOB_STATS + 1, "each has a row");

static void **array_at(struct recording *recording, const struct array *array)
{
	return (void **)((char *)recording + array->at);
}

static size_t *array_count(struct recording *recording, const struct array *array)
{
	return (size_t *)((char *)recording + array->count);
}

/* Makes room for more; at least doubles, so that the cost per element is constant. */
static int reserve(struct recording *recording, const struct array *array, size_t more)
{
	size_t *room = (size_t *)((char *)recording + array->room);
	size_t needed = *array_count(recording, array) + more;
	size_t wanted = *room ? *room * 2 : ROOM_FIRST;
	void *bigger;

	if (needed <= *room)
		return 0;
	if (wanted < needed)
		wanted = needed;
	bigger = reallocarray(*array_at(recording, array), wanted, array->size);
	if (!bigger)
		return -ENOMEM;
	*array_at(recording, array) = bigger;
	*room = wanted;
	assert(needed <= *room);
	return 0;
}

static void put(struct recording *recording, const struct array *array, const void *from,
		size_t number)
{
	size_t *count = array_count(recording, array);

	assert(*count + number <= *(size_t *)((char *)recording + array->room));
	if (number)
		memcpy((char *)*array_at(recording, array) + *count * array->size, from,
		       number * array->size);
	*count += number;
}

static int add(struct recording *recording, enum which which, const void *element)
{
	int err = reserve(recording, &arrays[which], 1);

	if (err)
		return err;
	put(recording, &arrays[which], element, 1);
	if (recording->held)
		*recording->held += arrays[which].size;
	return 0;
}

/* Lets go of the first elements. */
static void drop_first(struct recording *recording, enum which which, size_t number)
{
	const struct array *array = &arrays[which];
	char *at = *array_at(recording, array);
	size_t *count = array_count(recording, array);

	assert(number <= *count);
	if (!number)
		return;
	*count -= number;
	memmove(at, at + number * array->size, *count * array->size);
}

int recording_add_event(struct recording *recording, const struct mt_event *event)
{
	return add(recording, EVENTS, event);
}

int recording_add_snapshot(struct recording *recording, const struct clock_snapshot *snapshot)
{
	int err = add(recording, SNAPSHOTS, snapshot);

	if (!err && !recording->has_begun) {
		recording->has_begun = true;
		recording->begin_ns = snapshot->mono_before_ns;
	}
	return err;
}

int recording_add_exchange(struct recording *recording, const struct exchange *exchange)
{
	return add(recording, EXCHANGES, exchange);
}

/* Lets half of them go, those that have ended first of all. */
static void daemons_shed(struct recording *recording)
{
	size_t kept = 0, gone = 0;

	for (size_t i = 0; i < recording->daemon_count; i++)
		if (!recording->daemons[i].gone_ns || gone++ >= DAEMONS_MAX / 2)
			recording->daemons[kept++] = recording->daemons[i];
	assert(kept <= recording->daemon_count);
	recording->daemon_count = kept;
	if (kept > DAEMONS_MAX / 2)
		drop_first(recording, DAEMONS, kept - DAEMONS_MAX / 2);
	assert(recording->daemon_count <= DAEMONS_MAX / 2);
}

int recording_add_daemon(struct recording *recording, const struct daemon *daemon)
{
	if (recording->daemon_count == DAEMONS_MAX)
		daemons_shed(recording);
	return add(recording, DAEMONS, daemon);
}

void recording_daemon_gone(struct recording *recording, uint32_t pid, int64_t ns)
{
	for (size_t i = 0; i < recording->daemon_count; i++)
		if (recording->daemons[i].pid == pid && !recording->daemons[i].gone_ns)
			recording->daemons[i].gone_ns = ns;
}

int recording_add_gap(struct recording *recording, const struct gap *gap)
{
	return add(recording, GAPS, gap);
}

void recording_end_gap(struct recording *recording, const char *why, int64_t ns)
{
	for (size_t i = recording->gap_count; i-- > 0;) {
		struct gap *gap = &recording->gaps[i];

		if (gap->why != why || gap->to_ns != INT64_MAX)
			continue;
		gap->to_ns = ns;
		return;
	}
}

int recording_add_missing(struct recording *recording, const struct missing *missing)
{
	return add(recording, MISSING, missing);
}

int recording_add_job_stats(struct recording *recording, const struct job_stats *job_stats)
{
	return add(recording, JOB_STATS, job_stats);
}

static int events_compare(const void *a, const void *b)
{
	const struct mt_event *x = a, *y = b;

	return x->ktime_ns < y->ktime_ns ? -1 : x->ktime_ns > y->ktime_ns;
}

void recording_sort(struct recording *recording)
{
	if (recording->event_count)
		qsort(recording->events, recording->event_count, sizeof(*recording->events),
		      events_compare);
}

int recording_move(struct recording *recording, struct recording *other)
{
	assert(recording != other);
	for (size_t i = 0; i < ARRAYS; i++)
		if (reserve(recording, &arrays[i], *array_count(other, &arrays[i])))
			return -ENOMEM;
	for (size_t i = 0; i < ARRAYS; i++) {
		size_t *count = array_count(other, &arrays[i]);

		put(recording, &arrays[i], *array_at(other, &arrays[i]), *count);
		*count = 0;
	}
	return 0;
}

size_t recording_bytes(const struct recording *recording)
{
	return recording->event_count * sizeof(*recording->events) +
	       recording->snapshot_count * sizeof(*recording->snapshots) +
	       recording->exchange_count * sizeof(*recording->exchanges) +
	       recording->daemon_count * sizeof(*recording->daemons) +
	       recording->gap_count * sizeof(*recording->gaps) +
	       recording->missing_count * sizeof(*recording->missing) +
	       recording->job_stats_count * sizeof(*recording->job_stats);
}

static void gaps_drop_before(struct recording *recording, int64_t ns)
{
	size_t kept = 0;

	for (size_t i = 0; i < recording->gap_count; i++)
		if (recording->gaps[i].to_ns >= ns)
			recording->gaps[kept++] = recording->gaps[i];
	assert(kept <= recording->gap_count);
	recording->gap_count = kept;
}

static void drop_before(struct recording *recording, int64_t ns)
{
	size_t looks = 0, exchanges = 0, jobs = 0;

	while (looks < recording->snapshot_count && recording->snapshots[looks].mono_after_ns <= ns)
		looks++;
	while (exchanges < recording->exchange_count && recording->exchanges[exchanges].t4_ns < ns)
		exchanges++;
	drop_first(recording, SNAPSHOTS, looks > SNAPSHOTS_BEFORE ? looks - SNAPSHOTS_BEFORE : 0);
	while (jobs < recording->job_stats_count && recording->job_stats[jobs].end_ns < ns)
		jobs++;
	drop_first(recording, EXCHANGES, exchanges);
	drop_first(recording, JOB_STATS, jobs);
	gaps_drop_before(recording, ns);
}

/* Gives room back that a flood took: what is there never needs it. */
static void shrink(struct recording *recording, enum which which)
{
	const struct array *array = &arrays[which];
	size_t *room = (size_t *)((char *)recording + array->room);
	size_t wanted = *array_count(recording, array) * 2;
	void *smaller;

	if (wanted < ROOM_FIRST)
		wanted = ROOM_FIRST;
	if (*room <= wanted * 2)
		return;
	smaller = reallocarray(*array_at(recording, array), wanted, array->size);
	if (!smaller)
		return;
	*array_at(recording, array) = smaller;
	*room = wanted;
	assert(*array_count(recording, array) <= *room);
}

void recording_keep(struct recording *recording, const bool *keep)
{
	size_t kept = 0;

	for (size_t i = 0; i < recording->event_count; i++)
		if (keep[i])
			recording->events[kept++] = recording->events[i];
	assert(kept <= recording->event_count);
	recording->event_count = kept;
	drop_before(recording, kept ? (int64_t)recording->events[0].ktime_ns : INT64_MAX);
	for (size_t i = 0; i < ARRAYS; i++)
		shrink(recording, (enum which)i);
}

void recording_free(struct recording *recording)
{
	for (size_t i = 0; i < ARRAYS; i++)
		free(*array_at(recording, &arrays[i]));
	memset(recording, 0, sizeof(*recording));
}
