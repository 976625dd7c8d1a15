/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The instants of one side that figures are made of, or between which they lie. */
#include "core/instants.h"

#include "core/job.h"
#include "core/monitor.h"
#include "core/qmp.h"

#define STATE_PAUSED 3 /* libvirt: VIR_DOMAIN_PAUSED */

static struct instant instant_of(const struct mt_event *event)
{
	return event ? (struct instant){true, (int64_t)event->ktime_ns, 0} : (struct instant){0};
}

/* Returns the event by which the guest was last stopped before the instant, if it did not resume.
 */
static const struct mt_event *stop_before(const struct half *half, int64_t before_ns)
{
	for (size_t i = half->count; i-- > 0;) {
		const struct mt_event *event = half->events[i];

		if ((int64_t)event->ktime_ns > before_ns)
			continue;
		if (monitor_event_is(event, "STOP"))
			return event;
		if (monitor_event_is(event, "RESUME"))
			return NULL;
	}
	return NULL;
}

/* The peer's URI tells, where it is known; else that the daemon itself calls its peer. */
static bool source_is_p2p(const struct half *half, const struct mt_event *perform)
{
	return (perform && perform->arg[0]) || half_first(half, MT_RPC_CLIENT_SEND, MT_ENTER,
							  perform ? (int64_t)perform->ktime_ns : 0);
}

/* Returns the half's next event of the event's thread, or NULL. */
static const struct mt_event *next_of_thread(const struct half *half, const struct mt_event *event)
{
	bool is_after = false;

	for (size_t i = 0; i < half->count; i++) {
		if (is_after && half->events[i]->tid == event->tid)
			return half->events[i];
		is_after |= half->events[i] == event;
	}
	return NULL;
}

/*
 * libvirt's downtime begins when it has handled the STOP: qemuProcessHandleStop may have to wait
 * for the domain's lock, stamps, and then sets the state, all in the thread that got the event.
 * Where that was not seen, it was between the event's arrival and what the thread did next.
 */
static struct instant stop_handled(const struct half *half, int64_t before_ns)
{
	const struct mt_event *stop = stop_before(half, before_ns), *next;
	int64_t late_ns;

	if (!stop)
		return (struct instant){0};
	next = next_of_thread(half, stop);
	late_ns = next && (int64_t)next->ktime_ns < before_ns ? (int64_t)next->ktime_ns : before_ns;
	if (next && next->kind == MT_SET_STATE && next->arg[1] == STATE_PAUSED &&
	    (int64_t)next->ktime_ns <= before_ns)
		return instant_of(next);
	if (late_ns == INT64_MAX)
		return (struct instant){0};
	return (struct instant){true, (int64_t)stop->ktime_ns, late_ns - (int64_t)stop->ktime_ns};
}

static const struct mt_event *monitor_last(const struct half *half, const char *name)
{
	for (size_t i = half->count; i-- > 0;)
		if (monitor_event_is(half->events[i], name))
			return half->events[i];
	return NULL;
}

/* Whether libvirt set about to start the guest after the instant. */
static bool is_starting_since(const struct half *half, int64_t ns)
{
	uint16_t cont = qmp_command_number("cont");

	for (size_t i = half->count; i-- > 0 && (int64_t)half->events[i]->ktime_ns > ns;)
		if (half->events[i]->kind == MT_START_CPUS ||
		    (half->events[i]->kind == MT_MONITOR_SEND && half->events[i]->command == cont))
			return true;
	return false;
}

/*
 * The guest is started again on the source if it could not be moved: by libvirt, or by QEMU itself,
 * which only says so. What was before the last STOP is not it: someone suspended the guest
 * meanwhile.
 */
static void source_resumed(struct half *half)
{
	const struct mt_event *stop = monitor_last(half, "STOP");
	const struct mt_event *resume = monitor_last(half, "RESUME");
	int64_t stop_ns = stop ? (int64_t)stop->ktime_ns : 0;
	const struct mt_event *started =
		half_last(half, MT_START_CPUS, MT_RETURN, stop_ns + 1, INT64_MAX);
	bool is_after = resume && (int64_t)resume->ktime_ns > stop_ns;

	if (started && (int32_t)started->arg[0] >= 0)
		half->resumed = instant_of(started);
	else if (stop && is_after && !is_starting_since(half, stop_ns))
		half->resumed = instant_of(resume);
	half->halted = stop_handled(
		half, half->resumed.known && is_after ? (int64_t)resume->ktime_ns - 1 : INT64_MAX);
}

/* When the source's Run was over, at the latest: 0 if that was not seen, or if it failed. */
static int64_t run_ended_ns(const struct half *half, const struct mt_event *run)
{
	const struct mt_event *exit =
		half_first(half, MT_RUN, MT_RETURN, run ? (int64_t)run->ktime_ns : 0);

	if (exit)
		return exit->arg[0] ? 0 : (int64_t)exit->ktime_ns;
	if (run)
		return 0;
	/* Who comes while it runs does not see it return, but that Finish is called then. */
	for (size_t i = 0; i < half->count; i++)
		if (half->events[i]->kind == MT_RPC_CLIENT_SEND &&
		    is_finish_proc(half->events[i]->arg[4]))
			return (int64_t)half->events[i]->ktime_ns;
	return 0;
}

/*
 * `sent`: Run formats its cookie right after its last wait, and the last cookie that it formats is
 * the one that it hands over (qemuMigrationSrcRun). Where more than one comes back after it was
 * formatted, the last one was not seen to be.
 */
static const struct mt_event *cookie_sent(const struct half *half, int64_t from_ns, int64_t to_ns)
{
	const struct mt_event *sent = half_last(half, MT_COOKIE_FORMAT, MT_ENTER, from_ns, to_ns);
	int64_t sent_ns = sent ? (int64_t)sent->ktime_ns : 0;

	return half_first(half, MT_COOKIE_FORMAT, MT_RETURN, sent_ns) ==
			       half_last(half, MT_COOKIE_FORMAT, MT_RETURN, sent_ns, to_ns)
		       ? sent
		       : NULL;
}

/* The job began with the call that its client made: Perform of a p2p job, else Begin. */
static struct instant source_start(const struct half *half, const struct mt_event *perform)
{
	const struct mt_event *exit;

	return instant_of(half->is_p2p ? perform : half_call(half, MT_BEGIN, &exit));
}

static void source_instants(struct half *half)
{
	const struct mt_event *exit, *run, *perform, *sent;
	int64_t ended_ns;

	perform = half_call(half, MT_PERFORM, &exit);
	half->is_p2p = source_is_p2p(half, perform);
	source_resumed(half);
	half->start = source_start(half, perform);
	run = half_call(half, MT_RUN, &exit);
	ended_ns = run_ended_ns(half, run);
	if (!ended_ns)
		return;
	half->settled = (struct instant){true, ended_ns, 0};
	sent = cookie_sent(half, run ? (int64_t)run->ktime_ns : 0, ended_ns);
	if (!sent)
		return;
	half->sent = instant_of(sent);
	half->cookie = half_first(half, MT_COOKIE_FORMAT, MT_RETURN, half->sent.ns);
	half->stopped = stop_handled(half, half->sent.ns);
}

static void destination_instants(struct half *half)
{
	const struct mt_event *exit, *finish = half_call(half, MT_FINISH, &exit), *started;

	if (!finish)
		return;
	half->received = instant_of(finish);
	if (finish->cookie_len)
		half->cookie = finish;
	if (!exit)
		return;
	half->settled = instant_of(exit);
	started = half_last(half, MT_START_CPUS, MT_RETURN, half->received.ns,
			    (int64_t)exit->ktime_ns);
	if (started && (int32_t)started->arg[0] >= 0 &&
	    !half_last(half, MT_START_CPUS, MT_ENTER, (int64_t)started->ktime_ns,
		       (int64_t)exit->ktime_ns))
		half->done = instant_of(started);
}

void instants_find(struct half *half)
{
	if (half->side == SIDE_SOURCE)
		source_instants(half);
	else
		destination_instants(half);
}
