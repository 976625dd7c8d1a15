/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A post-copy migration that broke, and the one that resumed it: what they are as a whole. */
#include "core/standstill/recovery.h"

#include <assert.h>
#include <string.h>

#include "core/event/monitor.h"
#include "core/side/broken.h"
#include "core/side/domain.h"
#include "core/standstill/across.h"

static const char not_seen[] = "the migration that broke was not seen";

static bool is_of(const struct side *side, const struct mt_event *event)
{
	return event->tgid == side->events[0]->tgid;
}

/* Returns the last event of the side's daemon and domain before that one that is_it, or NULL. */
static const struct mt_event *last_before(const struct side *side, const struct mt_event *event,
					  bool (*is_it)(const struct mt_event *event))
{
	while (event && (event = domain_previous(side, event)))
		if (is_of(side, event) && is_it(event))
			return event;
	return NULL;
}

static const struct mt_event *first_after(const struct side *side, const struct mt_event *event,
					  bool (*is_it)(const struct mt_event *event))
{
	while ((event = domain_next(side, event)))
		if (is_of(side, event) && is_it(event))
			return event;
	return NULL;
}

static bool is_stopped(const struct mt_event *event)
{
	return event->kind == MT_SET_STATE && event->state.state == 3 && event->state.reason == 2;
}

static bool is_started(const struct mt_event *event)
{
	return event->kind == MT_START_CPUS && event->edge == MT_RETURN;
}

/* QEMU was asked while it was broken. */
static bool is_asked(const struct mt_event *event)
{
	return event->kind == MT_MIGRATION_INFO && event->text_len == strlen("postcopy-paused") &&
	       !memcmp(event->text, "postcopy-paused", event->text_len) &&
	       event->info.remaining_bytes != UINT64_MAX;
}

/* Of the whole: what the recovery's own figures lack is that the guest ran already. */
static void whole_find(const struct migration *migration, const struct clocks *clocks,
		       const struct mt_event *broken, struct recovery *recovery)
{
	const struct side *source = migration->source, *destination = migration->destination;
	/* QEMU may have noticed late, when the recovery had begun. */
	const struct mt_event *end = broken < source->events[0] ? broken : source->events[0];
	const struct mt_event *began = last_before(source, end, event_begins_job);
	const struct mt_event *stopped = last_before(source, end, is_stopped);
	const struct mt_event *started, *ended;

	assert(source->count && (!destination || destination->count));
	recovery->other_real_ns = side_real_ns(source, event_ns(began));
	recovery->elapsed = recovery->downtime = quantity_unknown(not_seen);
	if (began)
		recovery->began_ns = opt_of(event_ns(began));
	if (!destination)
		return;
	started = last_before(destination, destination->events[0], is_started);
	ended = destination->phase[PHASE_FINISH].ended;
	if (!clocks->offset.known) {
		recovery->elapsed = recovery->downtime = clocks->offset;
		return;
	}
	if (began && ended)
		recovery->elapsed = across(migration, clocks, (struct src_ns){event_ns(began)},
					   (struct dst_ns){event_ns(ended)});
	if (stopped && started)
		recovery->downtime = across(migration, clocks, (struct src_ns){event_ns(stopped)},
					    (struct dst_ns){event_ns(started)});
}

struct recovery recovery_of(const struct migration *migration, const struct clocks *clocks)
{
	const struct side *source = migration->source;
	const struct mt_event *before = source ? broken_before(source) : NULL;
	const struct mt_event *broken = before ? before : source ? broken_at_end(source) : NULL;
	const struct mt_event *mended = broken ? broken_mended(source, broken) : NULL, *asked;
	struct recovery recovery = {.part = RECOVERY_NONE};

	if (!mended || (before && mended > source->events[source->count - 1]))
		return recovery;
	assert(event_ns(mended) >= event_ns(broken));
	recovery.part = before ? RECOVERY_RESUMED : RECOVERY_BROKE;
	recovery.gap = quantity_exact(event_ns(mended) - event_ns(broken), "one clock");
	asked = first_after(source, broken, is_asked);
	if (asked && asked < mended)
		recovery.missing_bytes = opt_of((int64_t)asked->info.remaining_bytes);
	if (before)
		whole_find(migration, clocks, broken, &recovery);
	else
		recovery.other_real_ns = side_real_ns(
			source, event_ns(last_before(source, mended, event_begins_job)));
	return recovery;
}
