/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The QEMU of one side of a migration: which process it is, and its steps. */
#include "core/side/qemu.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/side/window.h"

#define VCPU_MAX 65535
static_assert(VCPU_MAX <= INT32_MAX, "an index is an int");

bool event_is_qemus(const struct mt_event *event)
{
	switch (event->kind) {
	case MT_QEMU_RUN_STATE:
	case MT_QEMU_MIGRATION_STATE:
	case MT_QEMU_PING:
	case MT_QEMU_PONG:
	case MT_QEMU_SHUT:
	case MT_QEMU_STEP:
	case MT_QEMU_RAM:
		return true;
	default:
		return false;
	}
}

bool event_is_step(const struct mt_event *event, enum mt_step step)
{
	return event->kind == MT_QEMU_STEP && event->step.step == (uint32_t)step;
}

bool event_is_run_state(const struct mt_event *event, bool is_running)
{
	return event->kind == MT_QEMU_RUN_STATE && (event->run_state.is_running != 0) == is_running;
}

bool event_is_state(const struct mt_event *event, const char *state)
{
	return event->kind == MT_QEMU_MIGRATION_STATE && event->text_len == strlen(state) &&
	       !memcmp(event->text, state, event->text_len);
}

/* QEMU names its threads "CPU 3/KVM", if libvirt asks it to. */
int event_vcpu(const struct mt_event *event)
{
	char name[MT_COMM + 1] = "", *end;
	long index;

	memcpy(name, event->comm, MT_COMM);
	if (strncmp(name, "CPU ", 4))
		return -1;
	index = strtol(name + 4, &end, 10);
	assert(end >= name + 4 && end <= name + MT_COMM);
	return end > name + 4 && *end == '/' && index >= 0 && index <= VCPU_MAX ? (int)index : -1;
}

/* What only the QEMU of that side does. */
static bool is_of_role(const struct mt_event *event, enum role role)
{
	if (role == ROLE_DESTINATION)
		return event->kind == MT_QEMU_PONG || event->kind == MT_QEMU_SHUT ||
		       event_is_step(event, MT_STEP_LOAD);
	return event->kind == MT_QEMU_PING || event->kind == MT_QEMU_RAM ||
	       event_is_run_state(event, false) || event_is_step(event, MT_STEP_STOP_DECIDED) ||
	       event_is_step(event, MT_STEP_LAST_RAM);
}

bool qemu_is_others(const struct side *side, uint32_t pid)
{
	enum role other = side->role == ROLE_SOURCE ? ROLE_DESTINATION : ROLE_SOURCE;
	const struct mt_event *event = NULL;

	assert(other != side->role);
	while ((event = window_next_qemu(side, event)))
		if (event->tgid == pid && is_of_role(event, other) &&
		    !event_is_run_state(event, false))
			return true;
	return false;
}

struct qemu qemu_of(const struct side *side)
{
	const struct mt_event *event = NULL;

	while ((event = window_next_qemu(side, event)))
		if (is_of_role(event, side->role) && !qemu_is_others(side, event->tgid))
			return (struct qemu){side, event->tgid};
	return (struct qemu){side, 0};
}

const struct mt_event *qemu_next(const struct qemu *qemu, const struct mt_event *after)
{
	const struct mt_event *event = after;

	while (qemu->pid && (event = window_next_qemu(qemu->side, event)))
		if (event->tgid == qemu->pid)
			return event;
	return NULL;
}

bool event_is_under_tcg(const struct mt_event *event)
{
	return memmem(event->comm, strnlen(event->comm, MT_COMM), "/TCG", 4);
}

const struct mt_event *qemu_step(const struct qemu *qemu, enum mt_step step, int64_t from_ns)
{
	const struct mt_event *event = NULL;

	while ((event = qemu_next(qemu, event)))
		if (event_is_step(event, step) && (int64_t)event->ktime_ns >= from_ns)
			return event;
	return NULL;
}

static const struct mt_event *runs_in(const struct qemu *qemu, bool is_running,
				      const int64_t span[2], bool is_last)
{
	const struct mt_event *event = NULL, *found = NULL;

	while ((event = qemu_next(qemu, event)) && (is_last || !found))
		if (event_is_run_state(event, is_running) && (int64_t)event->ktime_ns >= span[0] &&
		    (int64_t)event->ktime_ns <= span[1])
			found = event;
	assert(!found || event_is_run_state(found, is_running));
	return found;
}

const struct mt_event *qemu_runs_first(const struct qemu *qemu, bool is_running, int64_t from_ns,
				       int64_t to_ns)
{
	return runs_in(qemu, is_running, (int64_t[]){from_ns, to_ns}, false);
}

const struct mt_event *qemu_runs_last(const struct qemu *qemu, bool is_running, int64_t from_ns,
				      int64_t to_ns)
{
	return runs_in(qemu, is_running, (int64_t[]){from_ns, to_ns}, true);
}
