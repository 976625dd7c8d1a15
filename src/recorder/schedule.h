/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When a recorder takes its clock snapshots: while events come, and after the last one. */
#ifndef MIGTRACE_RECORDER_SCHEDULE_H
#define MIGTRACE_RECORDER_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

/* {0} at first: none is due. */
struct schedule {
	int64_t event_ns;    /* when the last event was read */
	int64_t snapshot_ns; /* of the last one */
	int64_t next_ns;     /* how long after the event the next one is due; 0: none is */
};

/* An event was read: snapshots are taken until some time after it. */
void schedule_event(struct schedule *schedule, int64_t now_ns);

/* Returns when the next one after the last event is due; INT64_MAX: none is. */
int64_t schedule_due_ns(const struct schedule *schedule);

/* Returns whether one is to be taken now; what was due is not due any more. */
bool schedule_take(struct schedule *schedule, int64_t now_ns);

#endif
