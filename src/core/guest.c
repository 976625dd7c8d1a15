/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the QEMU of one side of a migration told: which process it is, and its steps. */
#include "core/guest.h"

#include <string.h>

#include "core/window.h"

bool event_is_step(const struct mt_event *event, enum mt_step step)
{
	return event->kind == MT_QEMU_STEP && event->arg[0] == (uint64_t)step;
}

bool event_is_run_state(const struct mt_event *event, bool is_running)
{
	return event->kind == MT_QEMU_RUN_STATE && (event->arg[0] != 0) == is_running;
}

bool event_is_state(const struct mt_event *event, const char *state)
{
	return event->kind == MT_QEMU_MIGRATION_STATE && event->text_len == strlen(state) &&
	       !memcmp(event->text, state, event->text_len);
}

/* What only the QEMU of that side does. */
static bool is_of_side(const struct mt_event *event, enum side side)
{
	if (side == SIDE_DESTINATION)
		return event->kind == MT_QEMU_PONG || event->kind == MT_QEMU_SHUT ||
		       event_is_step(event, MT_LOAD);
	return event->kind == MT_QEMU_PING || event_is_run_state(event, false) ||
	       event_is_step(event, MT_STOP_DECIDED) || event_is_step(event, MT_LAST_RAM);
}

bool guest_is_others(const struct half *half, uint32_t pid)
{
	enum side other = half->side == SIDE_SOURCE ? SIDE_DESTINATION : SIDE_SOURCE;
	const struct mt_event *event = NULL;

	while ((event = window_next_qemu(half, event)))
		if (event->tgid == pid && is_of_side(event, other) &&
		    !event_is_run_state(event, false))
			return true;
	return false;
}

struct guest guest_of(const struct half *half)
{
	const struct mt_event *event = NULL;

	while ((event = window_next_qemu(half, event)))
		if (is_of_side(event, half->side) && !guest_is_others(half, event->tgid))
			return (struct guest){half, event->tgid};
	return (struct guest){half, 0};
}

const struct mt_event *guest_next(const struct guest *guest, const struct mt_event *after)
{
	const struct mt_event *event = after;

	while (guest->pid && (event = window_next_qemu(guest->half, event)))
		if (event->tgid == guest->pid)
			return event;
	return NULL;
}

const struct mt_event *guest_step(const struct guest *guest, enum mt_step step, int64_t from_ns)
{
	const struct mt_event *event = NULL;

	while ((event = guest_next(guest, event)))
		if (event_is_step(event, step) && (int64_t)event->ktime_ns >= from_ns)
			return event;
	return NULL;
}

static const struct mt_event *runs_in(const struct guest *guest, bool is_running,
				      const int64_t span[2], bool is_last)
{
	const struct mt_event *event = NULL, *found = NULL;

	while ((event = guest_next(guest, event)) && (is_last || !found))
		if (event_is_run_state(event, is_running) && (int64_t)event->ktime_ns >= span[0] &&
		    (int64_t)event->ktime_ns <= span[1])
			found = event;
	return found;
}

const struct mt_event *guest_runs_first(const struct guest *guest, bool is_running, int64_t from_ns,
					int64_t to_ns)
{
	return runs_in(guest, is_running, (int64_t[]){from_ns, to_ns}, false);
}

const struct mt_event *guest_runs_last(const struct guest *guest, bool is_running, int64_t from_ns,
				       int64_t to_ns)
{
	return runs_in(guest, is_running, (int64_t[]){from_ns, to_ns}, true);
}
