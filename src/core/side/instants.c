/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The instants of one side that figures are made of, or between which they lie. */
#include "core/side/instants.h"

#include <assert.h>

#include "core/side/job.h"
#include "core/event/monitor.h"
#include "core/event/qmp.h"

#define STATE_PAUSED 3 /* libvirt: VIR_DOMAIN_PAUSED */

static struct instant instant_of(const struct mt_event *event)
{
	return event ? (struct instant){true, (int64_t)event->ktime_ns, 0} : (struct instant){0};
}

/* Returns the event by which the guest was last stopped before the instant, if it
 * did not resume. */
static const struct mt_event *stop_before(const struct side *side, int64_t before_ns)
{
	for (size_t i = side->count; i-- > 0;) {
		const struct mt_event *event = side->events[i];

		if ((int64_t)event->ktime_ns > before_ns)
			continue;
		if (monitor_event_is(event, "STOP"))
			return event;
		if (monitor_event_is(event, "RESUME"))
			return NULL;
	}
	return NULL;
}

/* Returns the side's next event of the event's thread, or NULL. */
static const struct mt_event *next_of_thread(const struct side *side, const struct mt_event *event)
{
	bool is_after = false;

	for (size_t i = 0; i < side->count; i++) {
		if (is_after && side->events[i]->tid == event->tid)
			return side->events[i];
		is_after |= side->events[i] == event;
	}
	return NULL;
}

/*
 * libvirt's downtime begins when it has handled the STOP: qemuProcessHandleStop may have to wait
 * for the domain's lock, stamps, and then sets the state, all in the thread that got the event.
 * Where that was not seen, it was between the event's arrival and what the thread did next.
 */
static struct instant stop_handled(const struct side *side, int64_t before_ns)
{
	const struct mt_event *stop = stop_before(side, before_ns), *next;
	int64_t late_ns;

	if (!stop)
		return (struct instant){0};
	assert((int64_t)stop->ktime_ns <= before_ns);
	next = next_of_thread(side, stop);
	late_ns = next && (int64_t)next->ktime_ns < before_ns ? (int64_t)next->ktime_ns : before_ns;
	if (next && next->kind == MT_SET_STATE && next->state.state == STATE_PAUSED &&
	    (int64_t)next->ktime_ns <= before_ns)
		return instant_of(next);
	if (late_ns == INT64_MAX)
		return (struct instant){0};
	assert(late_ns >= (int64_t)stop->ktime_ns);
	return (struct instant){true, (int64_t)stop->ktime_ns, late_ns - (int64_t)stop->ktime_ns};
}

static const struct mt_event *monitor_last(const struct side *side, const char *name)
{
	for (size_t i = side->count; i-- > 0;)
		if (monitor_event_is(side->events[i], name))
			return side->events[i];
	return NULL;
}

/* Whether libvirt set about to start the guest after the instant. */
static bool is_starting_since(const struct side *side, int64_t ns)
{
	uint16_t cont = qmp_command_number("cont");

	for (size_t i = side->count; i-- > 0 && (int64_t)side->events[i]->ktime_ns > ns;)
		if (side->events[i]->kind == MT_START_CPUS ||
		    (side->events[i]->kind == MT_MONITOR_SEND &&
		     side->events[i]->monitor.command == cont))
			return true;
	return false;
}

/*
 * The guest is started again on the source if it could not be moved: by libvirt, or by QEMU itself,
 * which only says so. What was before the last STOP is not it: someone suspended the guest
 * meanwhile.
 */
static void source_resumed(struct side *side)
{
	const struct mt_event *stop = monitor_last(side, "STOP");
	const struct mt_event *resume = monitor_last(side, "RESUME");
	int64_t stop_ns = stop ? (int64_t)stop->ktime_ns : 0;
	const struct mt_event *started =
		side_last(side, MT_START_CPUS, MT_RETURN, stop_ns + 1, INT64_MAX);
	bool is_after = resume && (int64_t)resume->ktime_ns > stop_ns;

	if (started && started->result.returned >= 0)
		side->src.resumed.i = instant_of(started);
	else if (stop && is_after && !is_starting_since(side, stop_ns))
		side->src.resumed.i = instant_of(resume);
	side->src.halted.i = stop_handled(side, side->src.resumed.known && is_after
							? (int64_t)resume->ktime_ns - 1
							: INT64_MAX);
}

/*
 * Returns what shows that the source's Run has ended, and worked as far as that is seen; or NULL.
 * Who comes while it runs does not see it return, but that Finish is called then.
 */
static const struct mt_event *run_end(const struct side *side)
{
	const struct phase *run = &side->phase[PHASE_RUN];

	if (run->ended)
		return run->result == PHASE_WORKED ? run->ended : NULL;
	return run->began ? NULL : side->phase[PHASE_FINISH].began;
}

/*
 * `sent`: Run formats its cookie right after its last wait, and the last cookie that it formats is
 * the one that it hands over (qemuMigrationSrcRun). Where more than one comes back after it was
 * formatted, the last one was not seen to be.
 */
static const struct mt_event *cookie_sent(const struct side *side, int64_t from_ns, int64_t to_ns)
{
	const struct mt_event *sent = side_last(side, MT_COOKIE_FORMAT, MT_ENTER, from_ns, to_ns);
	int64_t sent_ns = sent ? (int64_t)sent->ktime_ns : 0;

	return side_first(side, MT_COOKIE_FORMAT, MT_RETURN, sent_ns) ==
			       side_last(side, MT_COOKIE_FORMAT, MT_RETURN, sent_ns, to_ns)
		       ? sent
		       : NULL;
}

static void source_instants(struct side *side)
{
	const struct phase *phase = side->phase;
	const struct mt_event *end = run_end(side), *sent;

	assert(side->role == ROLE_SOURCE);
	source_resumed(side);
	/* The job began with the call that its client made. */
	side->src.start.i = instant_of(phase[side->is_p2p ? PHASE_PERFORM : PHASE_BEGIN].began);
	if (!end)
		return;
	side->settled = instant_of(end);
	sent = cookie_sent(side, event_ns(phase[PHASE_RUN].began), (int64_t)end->ktime_ns);
	if (!sent)
		return;
	side->src.sent.i = instant_of(sent);
	side->cookie = side_first(side, MT_COOKIE_FORMAT, MT_RETURN, side->src.sent.at.v);
	side->src.stopped.i = stop_handled(side, side->src.sent.at.v);
}

static void destination_instants(struct side *side)
{
	const struct mt_event *finish = side->phase[PHASE_FINISH].began, *started;
	const struct mt_event *exit = side->phase[PHASE_FINISH].ended;

	assert(side->role == ROLE_DESTINATION);
	if (!finish)
		return;
	side->dst.received.i = instant_of(finish);
	if (finish->cookie.len)
		side->cookie = finish;
	if (!exit)
		return;
	side->settled = instant_of(exit);
	started = side_last(side, MT_START_CPUS, MT_RETURN, side->dst.received.at.v,
			    (int64_t)exit->ktime_ns);
	if (started && started->result.returned >= 0 &&
	    !side_last(side, MT_START_CPUS, MT_ENTER, (int64_t)started->ktime_ns,
		       (int64_t)exit->ktime_ns))
		side->dst.done.i = instant_of(started);
}

void instants_find(struct side *side)
{
	if (side->role == ROLE_SOURCE)
		source_instants(side);
	else
		destination_instants(side);
}
