/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When libvirt closed the monitor of a guest's QEMU. */
#include "core/side/closed.h"

static bool is_of_open_monitor(const struct mt_event *event)
{
	return event->kind == MT_MONITOR_SEND || event->kind == MT_MONITOR_REPLY ||
	       event->kind == MT_MONITOR_EVENT || event->kind == MT_MIGRATION_INFO;
}

void closing_take(struct closing *closing, const struct mt_event *event)
{
	if (event->kind == MT_MONITOR_CLOSE)
		closing->close = closing->close ?: event;
	else if (is_of_open_monitor(event))
		closing->close = NULL;
}

const struct mt_event *side_closed(const struct side *side)
{
	const struct phase *prepare = &side->phase[PHASE_PREPARE];
	struct closing closing = {0};

	for (size_t i = 0; i < side->count; i++)
		closing_take(&closing, side->events[i]);
	return side->role == ROLE_DESTINATION && prepare->began && !prepare->ended ? NULL
										   : closing.close;
}
