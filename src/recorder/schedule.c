/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When a recorder takes its clock snapshots: while events come, and after the last one. */
#include "recorder/schedule.h"

#include "core/side/ending.h"

/* While events come they are taken as often. */
#define SNAPSHOT_NS INT64_C(100000000)

/* The endings of migrations ask for it. */
static void schedule_next(struct schedule *schedule, int64_t after_ns)
{
	int64_t next_ns = ending_next_look_ns(after_ns);

	schedule->next_ns = next_ns < INT64_MAX ? next_ns : 0;
}

void schedule_event(struct schedule *schedule, int64_t now_ns)
{
	schedule->event_ns = now_ns;
	schedule_next(schedule, 0);
}

int64_t schedule_due_ns(const struct schedule *schedule)
{
	return schedule->next_ns ? schedule->event_ns + schedule->next_ns : INT64_MAX;
}

bool schedule_take(struct schedule *schedule, int64_t now_ns)
{
	bool is_due = now_ns >= schedule_due_ns(schedule);

	if (is_due)
		schedule_next(schedule, schedule->next_ns);
	return is_due || (schedule->event_ns > schedule->snapshot_ns &&
			  now_ns - schedule->snapshot_ns >= SNAPSHOT_NS);
}
