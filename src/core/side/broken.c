/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a post-copy migration is broken: its guest runs, and lacks memory that does not come. */
#include "core/side/broken.h"

#include <string.h>

#include "core/event/monitor.h"
#include "core/side/aftermath.h"
#include "core/side/qemu.h"

/* QEMU's qapi/migration.json, MigrationStatus: a recovery that does not connect goes back. */
static const char *const broken[] = {"postcopy-paused", "postcopy-recover",
				     "postcopy-recover-setup"};
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

/* Returns the last event of the domain before that index that says so; NULL: the last says another.
 */
static const struct mt_event *broken_until(const struct side *side, size_t end)
{
	const struct mt_event *events = side->recording->events, *found = NULL;

	for (size_t i = end; i-- > 0;) {
		if (memcmp(events[i].uuid, side_uuid(side), MT_UUID) != 0 ||
		    events[i].uuid_check == MT_DISAGREES)
			continue;
		if (is_one_of(&events[i], broken, COUNT(broken)))
			found = &events[i];
		else if (is_one_of(&events[i], other, COUNT(other)))
			return found;
	}
	return found;
}

const struct mt_event *broken_before(const struct side *side)
{
	return broken_until(side, (size_t)(side->events[0] - side->recording->events));
}

const struct mt_event *broken_at_end(const struct side *side)
{
	const struct mt_event *last = side->events[side->count - 1], *event = NULL;

	while ((event = aftermath_next(side, event)))
		last = event;
	return broken_until(side, (size_t)(last - side->recording->events) + 1);
}

const struct mt_event *broken_mended(const struct side *side, const struct mt_event *event)
{
	static const char *const mended[] = {"postcopy-active", "completed"};
	const struct recording *recording = side->recording;

	while (++event < recording->events + recording->event_count)
		if (!memcmp(event->uuid, side_uuid(side), MT_UUID) &&
		    event->uuid_check != MT_DISAGREES && is_one_of(event, mended, COUNT(mended)))
			return event;
	return NULL;
}

/* QEMU may notice on one host later than on the other, and later than its libvirt gives up. */
const struct mt_event *broken_later(const struct side *side)
{
	const struct recording *recording = side->recording;

	for (const struct mt_event *event = side->events[side->count - 1] + 1;
	     event < recording->events + recording->event_count; event++) {
		if (memcmp(event->uuid, side_uuid(side), MT_UUID) != 0)
			continue;
		if (event_begins_job(event))
			return NULL;
		if (is_one_of(event, broken, COUNT(broken)))
			return event;
	}
	return NULL;
}
