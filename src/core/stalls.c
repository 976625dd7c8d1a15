/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long a guest waited for its pages after a post-copy switchover, which is no downtime. */
#include "core/stalls.h"

#include "core/outcome.h"
#include "core/window.h"

static struct stalls stalls_unknown(const char *why)
{
	return (struct stalls){.why_unknown = why};
}

/* That there were none is known only if they would have been seen. */
static bool are_seen(const struct recording *recording)
{
	return !recording_misses(recording, "migrate_send_rp_req_pages") &&
	       !recording_misses(recording, "postcopy_place_page");
}

struct stalls stalls_of(const struct migration *migration)
{
	const struct half *destination = migration->destination;
	const struct mt_event *event = NULL;
	struct stalls stalls = {.known = true};
	bool any = false;

	if (migration_is_postcopy(migration) != ANSWER_YES)
		return stalls_unknown("no post-copy");
	if (!destination)
		return stalls_unknown("the destination's half was not seen");
	while ((event = window_next_qemu(destination, event))) {
		if (event->kind != MT_QEMU_MIGRATION_STATE)
			continue;
		any = true;
		stalls.count += event->arg[3];
		if (__builtin_add_overflow(stalls.total_ns, (int64_t)event->arg[4],
					   &stalls.total_ns))
			stalls.total_ns = INT64_MAX;
		if ((int64_t)event->arg[5] > stalls.longest_ns)
			stalls.longest_ns = (int64_t)event->arg[5];
	}
	if (!any || (!stalls.count && !are_seen(destination->recording)))
		return stalls_unknown("QEMU itself is not probed");
	return stalls;
}
