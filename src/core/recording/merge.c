/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copies of parts of one recording, as the recording: a store has a part for each migration. */
#include "core/recording/merge.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/recording/join.h"
#include "core/recording/store.h"

static int by_ns(int64_t a_ns, int64_t b_ns, const void *a, const void *b, size_t size)
{
	if (a_ns != b_ns)
		return a_ns < b_ns ? -1 : 1;
	return memcmp(a, b, size); /* what is the same stands side by side */
}

static int events_compare(const void *a, const void *b)
{
	const struct mt_event *x = a, *y = b;

	return by_ns((int64_t)x->ktime_ns, (int64_t)y->ktime_ns, x, y, sizeof(*x));
}

static int snapshots_compare(const void *a, const void *b)
{
	const struct clock_snapshot *x = a, *y = b;

	return by_ns(x->mono_before_ns, y->mono_before_ns, x, y, sizeof(*x));
}

static int exchanges_compare(const void *a, const void *b)
{
	const struct exchange *x = a, *y = b;

	return by_ns(x->t1_ns, y->t1_ns, x, y, sizeof(*x));
}

static int job_stats_compare(const void *a, const void *b)
{
	const struct job_stats *x = a, *y = b;

	return by_ns(x->end_ns, y->end_ns, x, y, sizeof(*x));
}

/* Brings them into the order of time, each once. Returns how many there are then. */
static size_t each_once(void *base, size_t count, size_t size,
			int (*compare)(const void *, const void *))
{
	char *at = base;
	size_t kept = 1;

	if (count < 2)
		return count;
	qsort(base, count, size, compare);
	for (size_t i = 1; i < count; i++)
		if (memcmp(at + (kept - 1) * size, at + i * size, size) != 0)
			memmove(at + kept++ * size, at + i * size, size);
	assert(kept <= count);
	return kept;
}

/* Of what is not in order of time there is little. */
static void daemons_once(struct recording *recording)
{
	size_t kept = 0;

	for (size_t i = 0; i < recording->daemon_count; i++) {
		struct daemon *daemon = &recording->daemons[i];
		size_t j = 0;

		while (j < kept && !daemon_is_same(&recording->daemons[j], daemon))
			j++;
		if (j == kept)
			recording->daemons[kept++] = *daemon;
		else if (!recording->daemons[j].gone_ns)
			recording->daemons[j].gone_ns = daemon->gone_ns;
	}
	assert(kept <= recording->daemon_count);
	recording->daemon_count = kept;
}

static void missing_once(struct recording *recording)
{
	size_t count = recording->missing_count;

	recording->missing_count = 0;
	for (size_t i = 0; i < count; i++)
		if (!recording_misses(recording, recording->missing[i].name))
			recording->missing[recording->missing_count++] = recording->missing[i];
	assert(recording->missing_count <= count);
}

bool recording_is_copy(const struct recording *recording, const struct recording *other)
{
	return !recording->is_open && !other->is_open && recording->id[0] &&
	       !strcmp(recording->id, other->id);
}

int recording_merge(struct recording *recording, struct recording *later)
{
	size_t unended = recording->unended < later->unended ? recording->unended : later->unended;
	uint64_t hits = recording->hits > later->hits ? recording->hits : later->hits;
	int err = recording_append(recording, later);

	if (err)
		return err;
	assert(later->joined == recording);
	recording->unended = unended;
	recording->hits = hits;
	recording->event_count = each_once(recording->events, recording->event_count,
					   sizeof(*recording->events), events_compare);
	recording->snapshot_count = each_once(recording->snapshots, recording->snapshot_count,
					      sizeof(*recording->snapshots), snapshots_compare);
	recording->exchange_count = each_once(recording->exchanges, recording->exchange_count,
					      sizeof(*recording->exchanges), exchanges_compare);
	recording->job_stats_count = each_once(recording->job_stats, recording->job_stats_count,
					       sizeof(*recording->job_stats), job_stats_compare);
	daemons_once(recording);
	missing_once(recording);
	return 0;
}
