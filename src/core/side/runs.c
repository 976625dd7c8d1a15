/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether the guest of one side runs when all is over there, by all that shows it. */
#include "core/side/runs.h"

#include <assert.h>

#include "core/side/aftermath.h"
#include "core/side/grace.h"
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

/* Where no reply was seen, what somebody does long after the last return looks like the job's. */
static bool is_of_job(const struct side *side, const struct mt_event *event)
{
	return !side->returned_ns ||
	       (int64_t)event->ktime_ns <= side->returned_ns + GRACE_WINDOW_NS;
}

/* Of one that was started again, too: it asks QEMU what its guests do. */
static struct word later_word(const struct side *side)
{
	const struct mt_event *event = NULL;
	struct word word = {RUNS_UNKNOWN, 0};

	while ((event = aftermath_next(side, event)))
		if (event->kind != MT_EXIT && libvirt_says(event) != RUNS_UNKNOWN)
			word = (struct word){libvirt_says(event), event->ktime_ns};
	assert(word.runs != RUNS_UNKNOWN || !word.ns);
	assert(word.runs != RUNS_UNTOUCHED);
	return word;
}

static struct word libvirts_word(const struct side *side)
{
	struct word later = later_word(side);

	if (later.runs != RUNS_UNKNOWN)
		return later;
	for (size_t i = side->count; i-- > 0;) {
		enum runs runs = libvirt_says(side->events[i]);

		if (runs != RUNS_UNKNOWN && is_of_job(side, side->events[i]))
			return (struct word){runs, side->events[i]->ktime_ns};
	}
	return (struct word){RUNS_UNKNOWN, 0};
}

static void word_take(struct word *word, const struct mt_event *event)
{
	if (event->kind == MT_QEMU_RUN_STATE)
		*word = (struct word){event->run_state.is_running ? RUNS_YES : RUNS_NO,
				      event->ktime_ns};
}

static struct word qemus_word(const struct side *side)
{
	struct qemu qemu = qemu_of(side);
	const struct mt_event *event = NULL;
	struct word word = {RUNS_UNKNOWN, 0};

	while ((event = qemu_next(&qemu, event)))
		if (is_of_job(side, event))
			word_take(&word, event);
	event = NULL;
	while (qemu.pid && (event = aftermath_next(side, event)))
		if (event->tgid == qemu.pid)
			word_take(&word, event);
	assert(word.runs != RUNS_UNKNOWN || !word.ns);
	return word;
}

/* libvirt may not live to hear of what QEMU did last; of what it heard, QEMU did something. */
static enum runs both_say(const struct word *libvirts, const struct word *qemus)
{
	assert(libvirts->runs != RUNS_UNKNOWN || qemus->runs != RUNS_UNKNOWN);
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

/*
 * A daemon that has ended says nothing of its guest. QEMU does not stop it to migrate it, and not
 * start it again, without saying so; it was seen to give the migration up.
 */
static bool qemu_kept_running(const struct side *side)
{
	int64_t from_ns = (int64_t)side->events[0]->ktime_ns;
	struct qemu qemu = qemu_of(side);
	const struct mt_event *event = NULL, *state = NULL;

	while (qemu.pid && (event = aftermath_next(side, event)))
		if (event->tgid == qemu.pid && event->kind == MT_QEMU_MIGRATION_STATE)
			state = event;
	return state && (event_is_state(state, "failed") || event_is_state(state, "cancelled")) &&
	       !recording_misses(side->recording, "vm_state_notify") &&
	       !recording_hole(side->recording, side_uuid(side), from_ns, event_ns(state));
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
		return would_be_seen(side) || qemu_kept_running(side) ? RUNS_UNTOUCHED
								      : RUNS_UNKNOWN;
	return both_say(&libvirts, &qemus);
}

int64_t side_runs_since_ns(const struct side *side)
{
	struct word libvirts = libvirts_word(side), qemus = qemus_word(side);

	return (int64_t)(qemus.runs != RUNS_UNKNOWN ? qemus.ns : libvirts.ns);
}
