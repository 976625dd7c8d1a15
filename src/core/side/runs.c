/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether the guest of one side runs when all is over there, by all that shows it. */
#include "core/side/runs.h"

#include "core/side/qemu.h"
#include "core/event/monitor.h"
#include "core/side/unseen.h"

#define STATE_RUNNING 1 /* libvirt: VIR_DOMAIN_RUNNING */
#define STATE_PAUSED  3

/* What one of the two said last, and when. */
struct word {
	enum runs runs;
	uint64_t ns;
};

static enum runs state_runs(int32_t state)
{
	if (state == STATE_RUNNING)
		return RUNS_YES;
	return state == STATE_PAUSED ? RUNS_NO : RUNS_UNKNOWN;
}

/* A single event that was not seen leaves another one: libvirt hears of it, and sets its state. */
static enum runs libvirt_says(const struct mt_event *event)
{
	if (event->kind == MT_SET_STATE)
		return state_runs(event->state.state);
	if (event->kind == MT_START_CPUS && event->edge == MT_RETURN)
		return event->result.returned >= 0 ? RUNS_YES : RUNS_UNKNOWN;
	if (monitor_event_is(event, "RESUME"))
		return RUNS_YES;
	return monitor_event_is(event, "STOP") ? RUNS_NO : RUNS_UNKNOWN;
}

static struct word libvirts_word(const struct side *side)
{
	for (size_t i = side->count; i-- > 0;) {
		enum runs runs = libvirt_says(side->events[i]);

		if (runs != RUNS_UNKNOWN)
			return (struct word){runs, side->events[i]->ktime_ns};
	}
	return (struct word){RUNS_UNKNOWN, 0};
}

static struct word qemus_word(const struct side *side)
{
	struct qemu qemu = qemu_of(side);
	const struct mt_event *event = NULL;
	struct word word = {RUNS_UNKNOWN, 0};

	while ((event = qemu_next(&qemu, event)))
		if (event->kind == MT_QEMU_RUN_STATE)
			word = (struct word){event->run_state.is_running ? RUNS_YES : RUNS_NO,
					     event->ktime_ns};
	return word;
}

/* libvirt may not live to hear of what QEMU did last; of what it heard, QEMU did something. */
static enum runs both_say(const struct word *libvirts, const struct word *qemus)
{
	if (qemus->runs == RUNS_UNKNOWN || qemus->runs == libvirts->runs)
		return libvirts->runs;
	return libvirts->runs == RUNS_UNKNOWN || qemus->ns > libvirts->ns ? qemus->runs
									  : RUNS_UNKNOWN;
}

static bool would_be_seen(const struct side *side)
{
	return !unseen_why(side, MT_MONITOR_EVENT, 0, INT64_MAX) &&
	       !unseen_why(side, MT_START_CPUS, 0, INT64_MAX);
}

bool side_is_untouched(const struct side *side)
{
	return libvirts_word(side).runs == RUNS_UNKNOWN && qemus_word(side).runs == RUNS_UNKNOWN &&
	       would_be_seen(side);
}

enum runs side_runs(const struct side *side)
{
	struct word libvirts = libvirts_word(side), qemus = qemus_word(side);

	if (side->has_no_qemu)
		return RUNS_NO;
	if (libvirts.runs == RUNS_UNKNOWN && qemus.runs == RUNS_UNKNOWN)
		return would_be_seen(side) ? RUNS_UNTOUCHED : RUNS_UNKNOWN;
	return both_say(&libvirts, &qemus);
}
