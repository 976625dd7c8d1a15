/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When a recorder takes its clock snapshots: while events come, and after the last one. */
#include "recorder/schedule.h"

#define NS_PER_MS INT64_C(1000000)

/* While events come they are taken as often. */
#define SNAPSHOT_MS 100

/*
 * When they are taken after the last event: soon; twice behind the window of all that was over
 * by then (core/side/window.h), so that it can be told of; and when what was cut off, or left by
 * its client, is given up.
 */
static const int64_t look_ms[] = {SNAPSHOT_MS, 560, 600, 6000, 31000};

#define LOOKS (sizeof(look_ms) / sizeof(look_ms[0]))

void schedule_event(struct schedule *schedule, int64_t now_ns)
{
	schedule->event_ns = now_ns;
	schedule->left = LOOKS;
}

int64_t schedule_due_ns(const struct schedule *schedule)
{
	if (!schedule->left)
		return INT64_MAX;
	return schedule->event_ns + look_ms[LOOKS - schedule->left] * NS_PER_MS;
}

bool schedule_take(struct schedule *schedule, int64_t now_ns)
{
	bool is_due = now_ns >= schedule_due_ns(schedule);

	if (is_due)
		schedule->left--;
	return is_due || (schedule->event_ns > schedule->snapshot_ns &&
			  now_ns - schedule->snapshot_ns >= SNAPSHOT_MS * NS_PER_MS);
}
