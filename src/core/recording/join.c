/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recordings of one host, one after the other, as one: a recorder ended, and another one began. */
#include "core/recording/join.h"

#include <assert.h>
#include <string.h>

#include "core/recording/merge.h"
#include "core/recording/store.h"

static int64_t recording_end_ns(const struct recording *recording)
{
	int64_t seen = 0, looked = 0;

	if (recording->event_count)
		seen = (int64_t)recording->events[recording->event_count - 1].ktime_ns;
	if (recording->snapshot_count)
		looked = recording->snapshots[recording->snapshot_count - 1].mono_after_ns;
	return seen > looked ? seen : looked;
}

bool daemon_is_same(const struct daemon *a, const struct daemon *b)
{
	return a->pid == b->pid && !strcmp(a->host, b->host) && !strcmp(a->hostuuid, b->hostuuid);
}

static bool have_same_daemon(const struct recording *a, const struct recording *b)
{
	for (size_t i = 0; i < a->daemon_count; i++)
		for (size_t j = 0; j < b->daemon_count; j++)
			if (daemon_is_same(&a->daemons[i], &b->daemons[j]))
				return true;
	return false;
}

bool recording_follows(const struct recording *recording, const struct recording *later)
{
	return !recording->is_open && recording->boot_id[0] &&
	       !strcmp(recording->boot_id, later->boot_id) && later->has_begun &&
	       later->begin_ns > recording_end_ns(recording) && have_same_daemon(recording, later);
}

/* Copies of one recording may overlap: there is no gap then. */
static int gap_add(struct recording *recording, const struct recording *later)
{
	struct gap gap = {.from_ns = recording_end_ns(recording),
			  .to_ns = later->begin_ns,
			  .why = "the recording has a gap"};

	return gap.from_ns < gap.to_ns ? recording_add_gap(recording, &gap) : 0;
}

int recording_append(struct recording *recording, struct recording *later)
{
	size_t looks = recording->snapshot_count;
	bool is_copy = recording_is_copy(recording, later);
	uint64_t lost =
		looks && !is_copy ? recording->snapshots[looks - 1].lost : recording->lost_before;
	size_t gaps = recording->gap_count;
	int err = gap_add(recording, later) ?: recording_move(recording, later);

	assert(recording != later && !recording->joined && !later->joined);
	if (err) {
		recording->gap_count = gaps;
		return err;
	}
	assert(!later->event_count && looks <= recording->snapshot_count);
	for (size_t i = looks; i < recording->snapshot_count; i++)
		recording->snapshots[i].lost += lost;
	recording->is_open = later->is_open;
	recording->lost_before = lost;
	recording->unended += later->unended;
	recording->hits += later->hits;
	recording->unreadable += later->unreadable;
	later->joined = recording;
	later->part = recording->part;
	recording->part = later;
	return 0;
}
