/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QEMU's downtime limit, estimate and result (its own definitions). */
#include "core/passes/expected.h"

#include <assert.h>

#include "core/event/monitor.h"

static void take(struct opt_i64 *number, uint64_t ms)
{
	if (ms != UINT64_MAX)
		*number = opt_of((int64_t)ms);
}

/* libvirt sets the limit before it answers the call; QEMU decides anew after each pass. */
static void take_change(struct expected *expected, const struct mt_event *event)
{
	if (event->wanted.call != MT_CALL_SET_MAX_DOWNTIME)
		return;
	assert(event->kind == MT_CALL && !expected->has_stopped);
	expected->limit_changes++;
	expected->limit = (struct opt_i64){0};
	take(&expected->limit, event->wanted.value);
}

void expected_take(struct expected *expected, const struct mt_event *event)
{
	expected->has_stopped |= monitor_event_is(event, "STOP");
	if (event->kind == MT_CALL && !expected->has_stopped)
		take_change(expected, event);
	if (event->kind != MT_MIGRATION_INFO)
		return;
	take(&expected->limit, event->info.downtime_limit_ms);
	take(&expected->downtime, event->info.expected_downtime_ms);
	take(&expected->said, event->info.downtime_ms);
}

struct expected expected_of(const struct side *source)
{
	struct expected expected = {.limit.known = false};

	for (size_t i = 0; source && i < source->count; i++)
		expected_take(&expected, source->events[i]);
	return expected;
}
