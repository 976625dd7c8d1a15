/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was said of where the time of a side's vCPUs went. */
#include "core/side/spent.h"

#include <assert.h>

#include "core/side/qemu.h"
#include "core/side/window.h"

static bool is_of(const struct mt_event *event, uint32_t pid)
{
	return event->kind == MT_VCPU && event->tgid == pid;
}

const struct mt_event *spent_next(const struct side *side, const struct mt_event *after)
{
	uint32_t pid = qemu_of(side).pid;
	const struct mt_event *event = after;

	while (pid && (event = window_next(side, event)))
		if (is_of(event, pid) && event->spent.is_last)
			return event;
	return NULL;
}

bool spent_is_open(const struct side *side)
{
	uint32_t pid = qemu_of(side).pid;
	const struct mt_event *event = NULL;
	bool is_open = false;

	if (window_is_past(side))
		return false;
	while (pid && (event = window_next(side, event)))
		if (event->tgid == pid && event_is_step(event, MT_STEP_VCPU_START))
			is_open = side->role == ROLE_DESTINATION;
		else if (is_of(event, pid))
			is_open = !event->spent.is_last;
	return is_open;
}

bool spent_faults(const struct mt_event *event, size_t *at, uint32_t *count)
{
	size_t size = event->text_len < MT_TEXT ? event->text_len : MT_TEXT, from = *at;
	uint64_t value = 0;

	for (; *at < size && event->text[*at] >= '0' && event->text[*at] <= '9'; ++*at)
		if (value <= UINT32_MAX)
			value = value * 10 + (uint64_t)(event->text[*at] - '0');
	assert(*at >= from);
	assert(value <= UINT64_C(10) * UINT32_MAX + 9);
	*count = value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
	if (*at == from)
		return false;
	*at += *at < size && event->text[*at] == ' ';
	return true;
}
