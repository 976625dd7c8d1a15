/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One host's recording in memory: what a file of records, or a stream of them, says. */
#include "core/recording/recording.h"

#include <assert.h>
#include <string.h>

const struct daemon *recording_daemon(const struct recording *recording, uint32_t pid, int64_t ns)
{
	const struct daemon *last = NULL;

	for (size_t i = 0; i < recording->daemon_count; i++) {
		const struct daemon *daemon = &recording->daemons[i];

		if (daemon->pid != pid)
			continue;
		last = daemon;
		if (!daemon->gone_ns || daemon->gone_ns >= ns)
			break;
	}
	assert(!last || last->pid == pid);
	return last;
}

const struct recording *recording_root(const struct recording *recording)
{
	while (recording->joined)
		recording = recording->joined;
	return recording;
}

bool recordings_are_of_one_kernel(const struct recording *a, const struct recording *b)
{
	return a == b || (a->boot_id[0] && !strcmp(a->boot_id, b->boot_id));
}

bool recordings_share_clock(const struct recording *a, const struct recording *b)
{
	return a == b ||
	       (recordings_are_of_one_kernel(a, b) && a->is_kernel_clock && b->is_kernel_clock);
}

bool recording_misses(const struct recording *recording, const char *name)
{
	for (size_t i = 0; i < recording->missing_count; i++)
		if (!strcmp(recording->missing[i].name, name))
			return true;
	return false;
}

/* Returns how many snapshots were taken whole until the instant. */
static size_t snapshots_until(const struct recording *recording, int64_t ns)
{
	size_t lo = 0, hi = recording->snapshot_count;

	while (lo < hi) {
		size_t middle = lo + (hi - lo) / 2;

		assert(middle < hi);
		if (recording->snapshots[middle].mono_after_ns <= ns)
			lo = middle + 1;
		else
			hi = middle;
	}
	return lo;
}

/* Returns the index of the last snapshot taken whole before the instant, or -1. */
static ptrdiff_t snapshot_before(const struct recording *recording, int64_t ns)
{
	return (ptrdiff_t)snapshots_until(recording, ns) - 1;
}

/* Returns the index of the first snapshot begun after the instant, or the number of snapshots. */
static size_t snapshot_after(const struct recording *recording, int64_t ns)
{
	size_t after = snapshots_until(recording, ns);

	while (after < recording->snapshot_count && recording->snapshots[after].mono_before_ns < ns)
		after++;
	assert(after <= recording->snapshot_count);
	return after;
}

/* The one before it may be hours old, and the host was asleep since, or its wall clock was set. */
static const struct clock_snapshot *snapshot_near(const struct recording *recording, int64_t ns)
{
	ptrdiff_t before = snapshot_before(recording, ns);
	const struct clock_snapshot *look = &recording->snapshots[before < 0 ? 0 : before];
	bool is_last = before < 0 || (size_t)before + 1 == recording->snapshot_count;

	assert(before < (ptrdiff_t)recording->snapshot_count);
	return is_last || ns - look->mono_after_ns <= look[1].mono_before_ns - ns ? look : &look[1];
}

int64_t recording_real_ns(const struct recording *recording, int64_t ns)
{
	const struct clock_snapshot *look;

	if (!recording->snapshot_count)
		return 0;
	look = snapshot_near(recording, ns);
	return look->real_ns - look->mono_before_ns + ns;
}

bool recording_is_after(const struct recording *recording, uint64_t ns)
{
	return recording->snapshot_count &&
	       (uint64_t)recording->snapshots[recording->snapshot_count - 1].mono_before_ns > ns;
}

uint64_t recording_lost(const struct recording *recording, int64_t from_ns, int64_t to_ns)
{
	ptrdiff_t before = snapshot_before(recording, from_ns);
	size_t after = snapshot_after(recording, to_ns);
	uint64_t lost_before = before < 0 ? 0 : recording->snapshots[before].lost;

	if (after == recording->snapshot_count) {
		if (!after)
			return 0;
		after--;
	}
	assert(after < recording->snapshot_count);
	return recording->snapshots[after].lost - lost_before;
}

static bool gap_is_of(const struct gap *gap, const uint8_t uuid[MT_UUID])
{
	return !gap->is_of_one || !memcmp(gap->uuid, uuid, MT_UUID);
}

const char *recording_hole(const struct recording *recording, const uint8_t uuid[MT_UUID],
			   int64_t from_ns, int64_t to_ns)
{
	for (size_t i = 0; i < recording->gap_count; i++) {
		const struct gap *gap = &recording->gaps[i];

		if (gap_is_of(gap, uuid) && gap->from_ns < to_ns && gap->to_ns > from_ns)
			return gap->why;
	}
	return recording_lost(recording, from_ns, to_ns) ? "events were lost while it ran" : NULL;
}

size_t recording_gaps(const struct recording *recording, int64_t from_ns, int64_t to_ns,
		      struct gap *first)
{
	size_t count = 0;

	assert(from_ns <= to_ns);
	for (size_t i = 0; i < recording->gap_count; i++) {
		const struct gap *gap = &recording->gaps[i];
		bool is_whole = gap->from_ns > INT64_MIN && gap->to_ns < INT64_MAX;

		if (gap->is_of_one || !is_whole || gap->from_ns >= to_ns || gap->to_ns <= from_ns)
			continue;
		if (!count++)
			*first = *gap;
	}
	return count;
}

/* Until the first of the snapshots, from that index on, which saw more events lost. */
static int64_t whole_until(const struct recording *recording, size_t index)
{
	assert(index < recording->snapshot_count);
	for (size_t i = index + 1; i < recording->snapshot_count; i++)
		if (recording->snapshots[i].lost != recording->snapshots[index].lost)
			return recording->snapshots[i - 1].mono_before_ns;
	return INT64_MAX;
}

static int64_t whole_since(const struct recording *recording, size_t index)
{
	assert(index < recording->snapshot_count);
	for (size_t i = index; i-- > 0;)
		if (recording->snapshots[i].lost != recording->snapshots[index].lost)
			return recording->snapshots[i + 1].mono_after_ns;
	return INT64_MIN;
}

struct span recording_whole_around(const struct recording *recording, const uint8_t uuid[MT_UUID],
				   int64_t ns)
{
	struct span span = {INT64_MIN, INT64_MAX};
	size_t after = snapshot_after(recording, ns);

	if (recording->snapshot_count) {
		if (after == recording->snapshot_count)
			after--;
		span.from_ns = whole_since(recording, after);
		span.to_ns = whole_until(recording, after);
	}
	for (size_t i = 0; i < recording->gap_count; i++) {
		const struct gap *gap = &recording->gaps[i];

		if (!gap_is_of(gap, uuid))
			continue;
		if (gap->to_ns <= ns && gap->to_ns > span.from_ns)
			span.from_ns = gap->to_ns;
		if (gap->from_ns >= ns && gap->from_ns < span.to_ns)
			span.to_ns = gap->from_ns;
	}
	assert(!recording->snapshot_count || after < recording->snapshot_count);
	return span;
}
