/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest that somebody had paused before it was migrated: how long it stood still in all. */
#include "core/standstill/paused.h"

#include <assert.h>

#include "core/event/monitor.h"
#include "core/match/flavour.h"
#include "core/match/place_left.h"
#include "core/side/domain.h"
#include "core/side/qemu.h"
#include "core/standstill/across.h"

#define STATE_RUNNING 1 /* libvirt: VIR_DOMAIN_RUNNING */
#define STATE_PAUSED  3

/* Returns whether it says that the guest runs (true), or does not (false), in *runs. */
static bool says(const struct mt_event *event, bool *runs)
{
	if (event->kind == MT_QEMU_RUN_STATE)
		return *runs = event->run_state.is_running, true;
	if (monitor_event_is(event, "RESUME"))
		return *runs = true, true;
	if (monitor_event_is(event, "STOP"))
		return *runs = false, true;
	*runs = event->state.state == STATE_RUNNING;
	return event->kind == MT_SET_STATE &&
	       (event->state.state == STATE_RUNNING || event->state.state == STATE_PAUSED);
}

static bool is_of_side(const struct side *side, const struct mt_event *event)
{
	return event->tgid == side->events[0]->tgid ||
	       (event->kind == MT_QEMU_RUN_STATE && event->uuid_check != MT_DISAGREES &&
		!qemu_is_others(side, event->tgid));
}

/* Returns the event by which the guest was stopped before the side began; NULL: it ran, or that was
 * not seen. */
static const struct mt_event *paused_before(const struct side *source)
{
	const struct mt_event *event = source->events[0], *found = NULL;
	bool runs;

	assert(source->role == ROLE_SOURCE);
	while ((event = domain_previous(source, event))) {
		if (!is_of_side(source, event) || !says(event, &runs))
			continue;
		if (runs)
			return found;
		found = event;
		if (event->kind == MT_QEMU_RUN_STATE)
			return found;
	}
	return found;
}

/* Returns the event by which it was started again behind the side; NULL: it was not. */
static const struct mt_event *resumed_after(const struct side *destination)
{
	const struct mt_event *event = destination->events[destination->count - 1];
	bool runs;

	for (; event; event = domain_next(destination, event))
		if (is_of_side(destination, event) && says(event, &runs) && runs)
			return event;
	return NULL;
}

/* Whether the migration itself neither stopped nor started it. */
static bool is_still_in(const struct side *side)
{
	bool runs;

	for (size_t i = 0; i < side->count; i++)
		if (says(side->events[i], &runs) && runs)
			return false;
	return true;
}

struct paused paused_of(const struct migration *migration, const struct clocks *clocks)
{
	const struct side *source = migration->source, *destination = migration->destination;
	const struct mt_event *from = source && destination ? paused_before(source) : NULL, *to;
	struct paused paused = {.whole = quantity_unknown("not resumed, as far as was seen"),
				.job = quantity_unknown("the migration's end was not seen")};

	if (!from || migration_left(migration) != LEFT_PAUSED ||
	    migration_is_offline(migration) == ANSWER_YES || !is_still_in(source) ||
	    !is_still_in(destination) || !source->src.start.known ||
	    !destination->phase[PHASE_FINISH].ended)
		return paused;
	assert(source->role == ROLE_SOURCE && destination->role == ROLE_DESTINATION);
	paused.applies = true;
	to = resumed_after(destination);
	paused.was_resumed = to != NULL;
	if (!clocks->offset.known) {
		paused.whole = paused.job = clocks->offset;
		return paused;
	}
	paused.job = across(migration, clocks, source->src.start.at,
			    (struct dst_ns){event_ns(destination->phase[PHASE_FINISH].ended)});
	if (to)
		paused.whole = across(migration, clocks, (struct src_ns){event_ns(from)},
				      (struct dst_ns){event_ns(to)});
	return paused;
}
