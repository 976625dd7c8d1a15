/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long a guest waited for its pages after a post-copy switchover, which is no downtime. */
#include "core/standstill/stalls.h"

#include <assert.h>

#include "core/side/qemu.h"
#include "core/match/flavour.h"
#include "core/side/unseen.h"
#include "core/side/window.h"

static struct stalls stalls_unknown(const char *why)
{
	return (struct stalls){.why_unknown = why};
}

static bool is_end(const struct mt_event *event)
{
	static const char *const ends[] = {"completed", "failed", "cancelled", "postcopy-paused"};

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (event_is_state(event, ends[i]))
			return true;
	return false;
}

/*
 * Each change of state reports the stalls since the one before it: of a chain of them in which one
 * is missing nothing is known. What goes on after it was broken has a chain of its own.
 */
static bool changes_sum(const struct side *destination, struct stalls *stalls)
{
	const struct mt_event *event = NULL, *last = NULL;
	bool is_whole = true;

	while ((event = window_next_qemu(destination, event))) {
		if (event->kind != MT_QEMU_MIGRATION_STATE)
			continue;
		if (event_is_state(event, "postcopy-recover")) {
			*stalls = (struct stalls){.known = true};
			is_whole = true;
		} else {
			is_whole &= event->migration_state.old ==
				    (last ? last->migration_state.new : 0);
		}
		last = event;
		stalls->count += event->migration_state.stalls;
		if (__builtin_add_overflow(stalls->total_ns,
					   (int64_t)event->migration_state.stalled_ns,
					   &stalls->total_ns))
			stalls->total_ns = INT64_MAX;
		if ((int64_t)event->migration_state.longest_stall_ns > stalls->longest_ns)
			stalls->longest_ns = (int64_t)event->migration_state.longest_stall_ns;
	}
	assert(stalls->known && stalls->total_ns >= 0 && stalls->longest_ns >= 0);
	return last && is_whole && is_end(last);
}

/* That there were none is known only if they would have been seen. */
static const char *why_not_seen(const struct side *destination)
{
	int64_t last_ns = (int64_t)destination->events[destination->count - 1]->ktime_ns;
	const char *why = unseen_why(destination, MT_QEMU_PAGE_REQUEST, 0, last_ns);

	return why ? why : unseen_why(destination, MT_QEMU_PAGE_PLACE, 0, last_ns);
}

struct stalls stalls_of(const struct migration *migration)
{
	const struct side *destination = migration->destination;
	struct stalls stalls = {.known = true};
	const char *why;

	if (migration_is_postcopy(migration) != ANSWER_YES)
		return stalls_unknown(migration_is_postcopy(migration) == ANSWER_NO
					      ? "no post-copy"
					      : "no post-copy was seen");
	if (!destination)
		return stalls_unknown("the destination's side was not seen");
	assert(destination->role == ROLE_DESTINATION);
	if (side_hole(destination))
		return stalls_unknown(side_hole(destination));
	if (!changes_sum(destination, &stalls))
		return stalls_unknown("not all of QEMU's states were seen");
	why = stalls.count ? NULL : why_not_seen(destination);
	return why ? stalls_unknown(why) : stalls;
}
