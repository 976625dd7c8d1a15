/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much of the destination's device loading overlaps the source's saving. */
#include "core/standstill/overlap.h"

#include <assert.h>
#include <string.h>

#include "core/standstill/across.h"
#include "core/side/qemu.h"

/* The last device ends where the guest's next step begins. */
static const struct mt_event *saved_by(const struct qemu *qemu)
{
	const struct mt_event *event = NULL, *end = NULL;
	bool is_saving = false;

	while ((event = qemu_next(qemu, event))) {
		if (is_saving)
			end = event;
		is_saving = event_is_step(event, MT_STEP_DEVICE_SAVE);
	}
	return end;
}

/* Devices are loaded in the order in which they were saved: the first one is the same. */
static bool is_same_device(const struct mt_event *a, const struct mt_event *b)
{
	return a && b && a->text_len == b->text_len && !memcmp(a->text, b->text, a->text_len);
}

static struct overlap overlap_unknown(const char *why)
{
	return (struct overlap){quantity_unknown(why), quantity_unknown(why),
				quantity_unknown(why)};
}

static int64_t within(int64_t ns, int64_t limit)
{
	assert(limit >= 0);
	if (ns < 0)
		return 0;
	return ns < limit ? ns : limit;
}

/* What is left of the whole without the part, which may be all of it, or nothing. */
static struct overlap shares(int64_t load_ns, const struct quantity *after)
{
	struct overlap overlap = {.load = quantity_exact(load_ns, "one clock")};

	if (!after->known) {
		overlap.alone = overlap.both = *after;
		return overlap;
	}
	overlap.alone = (struct quantity){true,
					  within(after->est_ns, load_ns),
					  within(after->lo_ns, load_ns),
					  within(after->hi_ns, load_ns),
					  after->how,
					  NULL};
	overlap.both = (struct quantity){true,
					 load_ns - overlap.alone.est_ns,
					 load_ns - overlap.alone.hi_ns,
					 load_ns - overlap.alone.lo_ns,
					 after->how,
					 NULL};
	assert(overlap.alone.est_ns + overlap.both.est_ns == load_ns);
	return overlap;
}

struct overlap overlap_of(const struct migration *migration, const struct clocks *clocks)
{
	const struct mt_event *first, *loaded, *saved;
	struct qemu source, destination;
	struct quantity after;

	if (!migration->source || !migration->destination)
		return overlap_unknown(migration->source ? "the destination's side was not seen"
							 : "the source's side was not seen");
	source = qemu_of(migration->source);
	destination = qemu_of(migration->destination);
	first = qemu_step(&destination, MT_STEP_DEVICE_LOAD, 0);
	loaded = first ? qemu_step(&destination, MT_STEP_LOADED, (int64_t)first->ktime_ns) : NULL;
	saved = saved_by(&source);
	if (!first || !loaded || !saved)
		return overlap_unknown("devices are recorded with --devices only");
	if (!is_same_device(qemu_step(&source, MT_STEP_DEVICE_SAVE, 0), first))
		return overlap_unknown("the first device was not seen on both sides");
	after = migration->source->src.sent.known && migration->destination->dst.received.known
			? across(migration, clocks, (struct src_ns){(int64_t)saved->ktime_ns},
				 (struct dst_ns){(int64_t)loaded->ktime_ns})
			: quantity_unknown("the hand-over was not seen");
	assert(loaded->ktime_ns >= first->ktime_ns);
	return shares((int64_t)(loaded->ktime_ns - first->ktime_ns), &after);
}
