/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When the scheduler's switches are looked at: while something migrates, and not else. */
#include <stdint.h>

#include "base/time.h"
#include "recorder/state.h"

/* A migration that is not heard of is over: each pass, each call and each state is heard of. */
#define SILENCE_NS INT64_C(600000000000)

/* A long pass of a large guest may be silent; then its Perform has not returned. */
static void performing_count(struct watching *watching, const struct mt_event *event)
{
	if (event->kind != MT_PERFORM)
		return;
	if (event->edge == MT_ENTER)
		watching->performing++;
	else if (watching->performing)
		watching->performing--;
}

/* What is recorded of guests that do not migrate, too. */
static bool is_of_any_guest(const struct mt_event *event)
{
	return event->kind == MT_CALL || event->kind == MT_SET_STATE || event->kind == MT_EXIT ||
	       event->kind == MT_QEMU_RUN_STATE;
}

void sched_event(struct recorder *recorder, const struct mt_event *event)
{
	struct watching *watching = &recorder->watching;

	if (event->kind == MT_SCHED || event->kind == MT_HOLDER || is_of_any_guest(event) ||
	    !tracer_on_demand(recorder->tracer)->sched.can)
		return;
	performing_count(watching, event);
	watching->event_ns = time_now_ns();
	if (!watching->are_seen)
		prober_sched(recorder->prober, true);
	watching->are_seen = true;
}

int64_t sched_due_ns(const struct recorder *recorder)
{
	const struct watching *watching = &recorder->watching;

	return watching->are_seen && !watching->performing ? watching->event_ns + SILENCE_NS
							   : INT64_MAX;
}

void sched_tend(struct recorder *recorder, int64_t now_ns)
{
	if (now_ns < sched_due_ns(recorder))
		return;
	prober_sched(recorder->prober, false);
	recorder->watching.are_seen = false;
}
