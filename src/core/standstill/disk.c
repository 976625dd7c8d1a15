/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For how long each of the guest's disks answered no request, and which it had to wait for. */
#include "core/standstill/disk.h"

#include <assert.h>
#include <string.h>

#include "core/event/disk_name.h"
#include "core/side/watched.h"
#include "core/standstill/across.h"
#include "core/standstill/watched_pair.h"

static const char how[] = "requests that QEMU completed";
static const char unnamed[] = "requests were made of a disk that could not be told";

/* What one disk is found with. */
struct finding {
	const struct migration *migration;
	const struct clocks *clocks;
	struct watched_pair pair;    /* of the disk, */
	struct watched_pair unnamed; /* and of those whose name is not known */
	struct disk *disk;
};

static bool any_completed(const struct mt_event *end)
{
	return end && end->disk.completed;
}

static const char *why_no_last(const struct finding *finding)
{
	return any_completed(finding->unnamed.source_end)
		       ? unnamed
		       : "no requests while it was watched, before the guest stopped";
}

static const char *why_no_first(const struct finding *finding)
{
	const struct mt_event *end = finding->pair.destination_end;

	assert(end);
	if (any_completed(finding->unnamed.destination_end))
		return unnamed;
	if (end->disk.waiting)
		return "no request was completed since the guest started, while it was watched";
	return end->disk.is_whole ? "no requests since the guest started"
				  : "the recorder ended before there was a request";
}

static const char *why_none(const struct finding *finding)
{
	const char *why = why_no_last(finding);

	if (why == unnamed)
		return why;
	why = why_no_first(finding);
	return finding->pair.destination_end->disk.waiting || why == unnamed ? why : "no requests";
}

static const char *why_no_blackout(const struct finding *finding)
{
	const struct watched_pair *pair = &finding->pair;
	const char *why = watched_pair_hole(pair);

	if (why)
		return why;
	assert(pair->source_end && pair->stopped && pair->destination_end && pair->started);
	if (pair->source_end->ktime_ns < pair->stopped->ktime_ns)
		return "it was not watched any more when the guest stopped";
	if (!pair->source_end->disk.last_ns && !pair->destination_end->disk.first_ns)
		return why_none(finding);
	if (!pair->source_end->disk.last_ns)
		return why_no_last(finding);
	return pair->destination_end->disk.first_ns ? NULL : why_no_first(finding);
}

static struct counted in_flight_of(const struct finding *finding)
{
	const struct watched_pair *pair = &finding->pair;
	const struct side *source = finding->migration->source;
	const char *why = watched_hole(source, pair->source, pair->source_end, pair->stopped);

	if (!source)
		why = "the source's side was not seen";
	else if (!why && any_completed(finding->unnamed.source_end))
		why = unnamed;
	else if (!why && !pair->source_end->disk.is_whole)
		why = "the recorder ended before watching did";
	if (why)
		return (struct counted){.why_unknown = why};
	assert(pair->source_end);
	return (struct counted){true, pair->source_end->disk.in_flight, NULL};
}

/* From when one of them began until the guest could see that it was completed. */
static struct quantity waited(const struct finding *finding, uint64_t began_ns)
{
	const struct counted *in_flight = &finding->disk->in_flight;
	const char *why = watched_pair_hole(&finding->pair);
	struct src_instant from = {.i = watched_instant(began_ns)};
	struct dst_instant to;
	struct quantity time;

	if (!in_flight->known || why)
		return quantity_unknown(why ? why : in_flight->why_unknown);
	if (!in_flight->count)
		return quantity_unknown("no request was in flight");
	if (!began_ns)
		return quantity_unknown("when they had begun was not seen");
	assert(finding->pair.started);
	to.i = watched_instant(finding->pair.started->ktime_ns);
	time = across_instants(finding->migration, finding->clocks, &from, &to);
	if (time.known)
		time.how = how;
	return time;
}

static void blackout_set(const struct finding *finding)
{
	const char *why = why_no_blackout(finding);
	struct disk *disk = finding->disk;

	if (why) {
		disk->blackout = quantity_unknown(why);
		return;
	}
	disk->last.i = watched_instant(finding->pair.source_end->disk.last_ns);
	disk->first.i = watched_instant(finding->pair.destination_end->disk.first_ns);
	disk->blackout =
		across_instants(finding->migration, finding->clocks, &disk->last, &disk->first);
	if (disk->blackout.known)
		disk->blackout.how = how;
}

static void disk_find(const struct finding *finding)
{
	const struct mt_event *end = finding->pair.source_end;
	struct disk *disk = finding->disk;

	blackout_set(finding);
	disk->in_flight = in_flight_of(finding);
	disk->longest = waited(finding, end ? end->disk.oldest_ns : 0);
	disk->shortest = waited(finding, end ? end->disk.newest_ns : 0);
}

static bool is_known(const struct guest_disks *disks, const struct mt_event *begin)
{
	for (size_t i = 0; i < disks->count; i++)
		if (strlen(disks->disk[i].device) == begin->text_len &&
		    !memcmp(disks->disk[i].device, begin->text, begin->text_len))
			return true;
	return false;
}

/* One without an id stands for all whose id is not known. */
static void disks_add(struct finding *finding, const struct side *side, struct guest_disks *disks)
{
	const struct mt_event *begin = NULL;

	while (side && (begin = watched_next(side, MT_DISK_BEGIN, begin)) &&
	       disks->count < GUEST_DISKS_MAX) {
		struct disk *disk = &disks->disk[disks->count];

		if (!begin->text_len || begin->text_len >= MT_DISK_ID || is_known(disks, begin))
			continue;
		assert(disks->count < GUEST_DISKS_MAX);
		disks->count++;
		memcpy(disk->device, begin->text, begin->text_len);
		disk->device[begin->text_len] = '\0';
		disk_name(disk->device, begin->text_len, disk->name);
		finding->disk = disk;
		finding->pair = watched_pair(finding->migration, begin);
		disk_find(finding);
	}
}

void disks_find_blackout(const struct migration *migration, const struct clocks *clocks,
			 struct guest_disks *disks)
{
	static const struct mt_event nameless = {.kind = MT_DISK_BEGIN};
	struct finding finding = {.migration = migration, .clocks = clocks};

	*disks = (struct guest_disks){
		.blackout = quantity_unknown("no disk of the guest was watched"),
	};
	finding.unnamed = watched_pair(migration, &nameless);
	disks_add(&finding, migration->source, disks);
	disks_add(&finding, migration->destination, disks);
	for (size_t i = 0; i < disks->count; i++) {
		const struct quantity *time = &disks->disk[i].blackout;

		if (i == 0 || !disks->blackout.known ||
		    (time->known && time->hi_ns > disks->blackout.hi_ns))
			disks->blackout = *time;
	}
}
