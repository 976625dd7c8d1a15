/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was seen on both hosts of one network interface, or one disk, of a guest that moved. */
#include "core/standstill/watched_pair.h"

#include <assert.h>

#include "core/match/place_left.h"
#include "core/side/qemu.h"
#include "core/side/watched.h"

static const struct mt_event *begin_of(const struct side *side, const struct mt_event *one)
{
	const struct mt_event *begin = NULL;

	assert(one->kind == MT_NET_BEGIN || one->kind == MT_DISK_BEGIN);
	while (side && (begin = watched_next(side, (enum mt_kind)one->kind, begin)))
		if (watched_is_same(begin, one))
			return begin;
	return NULL;
}

static const struct mt_event *started_on(const struct side *destination)
{
	struct qemu qemu = qemu_of(destination);

	return qemu_runs_first(&qemu, true, 0, INT64_MAX);
}

static const struct mt_event *stopped_on(const struct side *source)
{
	struct qemu qemu = qemu_of(source);

	return qemu_runs_last(&qemu, false, 0,
			      source->src.sent.known ? source->src.sent.at.v : INT64_MAX);
}

struct watched_pair watched_pair(const struct migration *migration, const struct mt_event *one)
{
	const struct side *source = migration->source, *destination = migration->destination;
	struct watched_pair pair = {
		.migration = migration,
		.source = begin_of(source, one),
		.destination = begin_of(destination, one),
	};

	if (pair.source) {
		pair.source_end = watched_end(source, pair.source);
		pair.stopped = stopped_on(source);
	}
	if (pair.destination) {
		pair.destination_end = watched_end(destination, pair.destination);
		pair.started = started_on(destination);
	}
	assert((pair.source || !pair.source_end) && (pair.destination || !pair.destination_end));
	return pair;
}

const char *watched_hole(const struct side *side, const struct mt_event *begin,
			 const struct mt_event *end, const struct mt_event *change)
{
	const char *hole = side ? side_hole(side) : NULL;
	bool is_source = side && side->role == ROLE_SOURCE;

	if (hole)
		return hole;
	if (!begin)
		return is_source ? "it was not watched on the source"
				 : "it was not watched on the destination";
	if (!end)
		return is_source ? "the source's recorder still watched, or had ended"
				 : "the destination's recorder still watched, or had ended";
	if (!change)
		return is_source ? "the guest was not seen to stop"
				 : "the guest was not seen to start";
	return begin->ktime_ns > change->ktime_ns ? "it was watched too late" : NULL;
}

const char *watched_pair_hole(const struct watched_pair *pair)
{
	const struct migration *migration = pair->migration;
	const char *why;

	if (!migration->source)
		return "the source's side was not seen";
	if (!migration->destination)
		return "the destination's side was not seen";
	if (!migration_has_moved(migration))
		return "the guest was not moved";
	why = watched_hole(migration->source, pair->source, pair->source_end, pair->stopped);
	return why ? why
		   : watched_hole(migration->destination, pair->destination, pair->destination_end,
				  pair->started);
}

struct instant watched_instant(uint64_t ns)
{
	return (struct instant){ns != 0, (int64_t)ns, 0};
}
