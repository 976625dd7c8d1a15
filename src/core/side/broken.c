/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a post-copy migration is broken: its guest runs, and lacks memory that does not come. */
#include "core/side/broken.h"

#include <assert.h>

#include "core/event/monitor.h"
#include "core/side/aftermath.h"
#include "core/side/domain.h"
#include "core/side/qemu.h"

/* QEMU's qapi/migration.json, MigrationStatus: a recovery that does not connect goes back. */
static const char *const broken[] = {"postcopy-paused", "postcopy-recover",
				     "postcopy-recover-setup"};
static const char *const active[] = {"postcopy-active"};
static const char *const other[] = {"setup",	  "active",	"postcopy-active", "completed",
				    "failed",	  "cancelled",	"pre-switchover",  "device",
				    "cancelling", "wait-unplug"};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static bool is_one_of(const struct mt_event *event, const char *const *states, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (event_is_state(event, states[i]) || monitor_status_is(event, states[i]))
			return true;
	return false;
}

static bool is_believed(const struct mt_event *event)
{
	return event->uuid_check != MT_DISAGREES;
}

/* The next word of QEMU's on it is that it is broken. */
static const struct mt_event *broken_next(const struct side *side, const struct mt_event *event)
{
	while ((event = domain_next(side, event))) {
		if (is_believed(event) && is_one_of(event, broken, COUNT(broken)))
			return event;
		if (is_believed(event) && is_one_of(event, other, COUNT(other)))
			return NULL;
	}
	return NULL;
}

/*
 * Returns what broke it before that event, and is not mended there; NULL: nothing did. QEMU may
 * notice later on one host than on the other, and later than its libvirt gives up.
 */
static const struct mt_event *broken_until(const struct side *side, const struct mt_event *end)
{
	const struct mt_event *event = end, *found = NULL;

	while ((event = domain_previous(side, event))) {
		if (!is_believed(event))
			continue;
		if (is_one_of(event, broken, COUNT(broken)))
			found = event;
		else if (is_one_of(event, active, COUNT(active)))
			return found ?: broken_next(side, event);
		else if (is_one_of(event, other, COUNT(other)))
			return found;
	}
	return found;
}

const struct mt_event *broken_before(const struct side *side)
{
	assert(side->count);
	return broken_until(side, side->events[0]);
}

const struct mt_event *broken_at_end(const struct side *side)
{
	const struct mt_event *last = side->events[side->count - 1], *event = NULL;

	assert(side->count);
	while ((event = aftermath_next(side, event)))
		last = event;
	return broken_until(side, domain_next(side, last));
}

const struct mt_event *broken_mended(const struct side *side, const struct mt_event *event)
{
	static const char *const mended[] = {"postcopy-active", "completed"};

	assert(event);
	while ((event = domain_next(side, event)))
		if (is_believed(event) && is_one_of(event, mended, COUNT(mended)))
			return event;
	return NULL;
}
