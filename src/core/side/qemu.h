/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The QEMU of one side of a migration: which process it is, and its steps. */
#ifndef MIGTRACE_CORE_SIDE_QEMU_H
#define MIGTRACE_CORE_SIDE_QEMU_H

#include <stdbool.h>
#include <stdint.h>

#include "core/side/side.h"

/* The QEMU of a side: on one kernel there may be two of one UUID, one of each side. */
struct qemu {
	const struct side *side;
	uint32_t pid; /* 0: none was seen */
};

/* Returns whether the process is the QEMU of the other side, seen in the side's recording, too. */
bool qemu_is_others(const struct side *side, uint32_t pid);

struct qemu qemu_of(const struct side *side);

/* Returns the guest's next event after that one, or its first for NULL; NULL where
 * there is none. */
const struct mt_event *qemu_next(const struct qemu *qemu, const struct mt_event *after);

/* Returns whether a probe of QEMU's gave the event. */
bool event_is_qemus(const struct mt_event *event);

/* Returns whether the event is QEMU's coming to that step. */
bool event_is_step(const struct mt_event *event, enum mt_step step);

/* Returns whether the event says that the guest's CPUs run from then on, or do not. */
bool event_is_run_state(const struct mt_event *event, bool is_running);

/* Returns whether the event is QEMU's migration coming to the state of that name. */
bool event_is_state(const struct mt_event *event, const char *state);

/* Returns the number of the vCPU whose thread gave the event, from 0 on; -1: none
 */
int event_vcpu(const struct mt_event *event);

/* Returns whether it is of a vCPU's thread that TCG runs, by the name that QEMU gives it. */
bool event_is_under_tcg(const struct mt_event *event);

/* Returns the first event of the guest that is that step and not before from_ns, or NULL. */
const struct mt_event *qemu_step(const struct qemu *qemu, enum mt_step step, int64_t from_ns);

/* Returns the first, or last, change of the run state in [from_ns, to_ns] to that, or NULL. */
const struct mt_event *qemu_runs_first(const struct qemu *qemu, bool is_running, int64_t from_ns,
				       int64_t to_ns);
const struct mt_event *qemu_runs_last(const struct qemu *qemu, bool is_running, int64_t from_ns,
				      int64_t to_ns);

#endif
