/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the threads that had their turn did in a part of the standstill: ran, waited or slept. */
#include "core/standstill/work.h"

#include <assert.h>
#include <string.h>

#include "core/side/qemu.h"
#include "core/side/window.h"
#include "core/standstill/held.h"
#include "core/standstill/places.h"

#define SLACK_NS  100000 /* between a probe's hit and its turning watching on or off */
#define DEPTH_MAX 8	 /* threads that wait for each other */
#define WAITS_MAX 8
#define STEPS_MAX 4000000
#define SHORT_MAX (MT_SCHED_SUM_NS + MT_SCHED_SHORT_NS)

static const char how[] = "the scheduler's switches";

struct task {
	uint32_t pid, tid;
};

/* How long a thread was without a CPU. */
struct wait {
	const struct mt_event *event; /* of the thread */
	int64_t ns;
};

struct bounds {
	int64_t lo_ns, hi_ns;
};

/* What is added up of one part. */
struct sum {
	struct spans *spans;
	struct work *work;
	struct bounds on_cpu, runnable, throttled, shortly, slept[SLEPT_MAX];
	bool is_throttled_unknown;
	struct wait wait[WAITS_MAX];
};

/* A span off the CPU: asleep from off to woken, then without a CPU until on. */
struct off {
	int64_t off_ns, woken_ns, on_ns;
};

/* Where a thread's time is gone through: from .. to, of which at is reached. */
struct walk {
	struct task task;
	int64_t at_ns, to_ns;
	int64_t on_ns; /* since when it is on a CPU, as was seen; INT64_MIN: it was not */
	int depth;
	const struct mt_event *holder; /* of the call that it served, as far as that is known */
};

static void thread_walk(struct sum *sum, struct walk walk);

static bool is_of(const struct mt_event *event, const struct task *task)
{
	return event->tid == task->tid && event->tgid == task->pid;
}

static bool is_sides(const struct spans *spans, uint32_t pid)
{
	return pid && (pid == spans->qemu || pid == spans->side->events[0]->tgid);
}

void spans_find(const struct side *side, struct spans *spans)
{
	struct window window = window_of(side);

	spans->side = side;
	spans->qemu = qemu_of(side).pid;
	spans->count = spans->holder_count = spans->steps = 0;
	spans->is_cut = false;
	for (size_t i = 0; i < window.count; i++) {
		const struct mt_event *event = &window.events[i];

		if (event->uuid_check == MT_DISAGREES || !is_sides(spans, event->tgid))
			continue;
		holders_add(spans, event);
		if (event->kind != MT_SCHED)
			continue;
		if (spans->count < SPANS_MAX)
			spans->event[spans->count++] = event;
		else
			spans->is_cut = true;
	}
}

static int64_t minus(int64_t ns, uint64_t less)
{
	return less > (uint64_t)ns ? 0 : ns - (int64_t)less;
}

static struct off off_of(const struct mt_event *event)
{
	struct off off = {.on_ns = (int64_t)event->ktime_ns};

	off.woken_ns = minus(off.on_ns, event->sched.runnable_ns);
	off.off_ns = minus(off.woken_ns, event->sched.slept_ns);
	return off;
}

/* The first span that ends after the instant. */
static size_t first_after(const struct spans *spans, int64_t ns)
{
	size_t lo = 0, hi = spans->count;

	while (lo < hi) {
		size_t middle = lo + (hi - lo) / 2;

		if ((int64_t)spans->event[middle]->ktime_ns <= ns)
			lo = middle + 1;
		else
			hi = middle;
	}
	return lo;
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static void bounds_add(struct bounds *bounds, int64_t lo_ns, int64_t hi_ns)
{
	bounds->lo_ns += lo_ns;
	bounds->hi_ns += hi_ns;
}

/*
 * The thread was on a CPU but for spans that were too short to be told one by one: how long they
 * were is told at the end of the time since it was last told. next is when; NULL: it never was.
 */
static void on_cpu_add(struct sum *sum, const struct walk *walk, int64_t to_ns,
		       const struct mt_event *next)
{
	int64_t ns = to_ns - walk->at_ns, slept = SHORT_MAX, runnable = SHORT_MAX;
	bool is_whole = next && walk->on_ns == walk->at_ns && off_of(next).off_ns == to_ns;

	assert(ns >= 0);
	if (next) {
		slept = (int64_t)next->sched.short_slept_ns;
		runnable = (int64_t)next->sched.short_runnable_ns;
	}
	slept = least(slept, ns);
	runnable = least(runnable, is_whole ? ns - slept : ns);
	bounds_add(&sum->on_cpu, most(0, ns - slept - runnable),
		   is_whole ? ns - slept - runnable : ns);
	bounds_add(&sum->shortly, is_whole ? slept : 0, slept);
	bounds_add(&sum->runnable, is_whole ? runnable : 0, runnable);
	bounds_add(&sum->throttled, 0, runnable);
}

static void comm_copy(char to[MT_COMM + 1], const struct mt_event *event)
{
	memcpy(to, event->comm, MT_COMM);
	to[MT_COMM] = '\0';
}

/* All groups' throttled time on all CPUs: this thread was throttled for as much of it at most. */
static void throttled_add(struct sum *sum, uint64_t throttled_ns, int64_t runnable_ns)
{
	int64_t ns = throttled_ns < (uint64_t)runnable_ns ? (int64_t)throttled_ns : runnable_ns;

	assert(runnable_ns >= 0);
	if (throttled_ns == UINT64_MAX)
		sum->is_throttled_unknown |= runnable_ns > 0;
	else
		bounds_add(&sum->throttled, ns, ns);
}

static void wait_add(struct sum *sum, const struct mt_event *event, int64_t ns)
{
	const struct task task = {event->tgid, event->tid};
	size_t i = 0;

	while (i < WAITS_MAX && sum->wait[i].event && !is_of(sum->wait[i].event, &task))
		i++;
	if (i == WAITS_MAX)
		return;
	sum->wait[i].event = event;
	sum->wait[i].ns += ns;
	if (sum->wait[i].ns <= sum->work->starved_ns)
		return;
	sum->work->starved_ns = sum->wait[i].ns;
	comm_copy(sum->work->starved, event);
}

static void runnable_add(struct sum *sum, const struct mt_event *event, int64_t ns)
{
	bounds_add(&sum->runnable, ns, ns);
	throttled_add(sum, event->sched.throttled_ns, ns);
	wait_add(sum, event, ns);
}

static bool is_slept(const struct slept *slept, const char *in, const struct mt_event *event)
{
	return !strcmp(slept->in, in) && !strncmp(slept->thread, event->comm, MT_COMM);
}

static size_t slept_find(struct work *work, const char *in, const struct mt_event *event)
{
	struct slept *slept;
	size_t i = 0;

	while (i < work->slept_count && !is_slept(&work->slept[i], in, event))
		i++;
	if (i < work->slept_count)
		return i;
	if (work->slept_count == SLEPT_MAX) {
		place_name_set(work->slept[SLEPT_MAX - 1].in, "other places",
			       strlen("other places"));
		work->slept[SLEPT_MAX - 1].thread[0] = '\0';
		return SLEPT_MAX - 1;
	}
	assert(work->slept_count < SLEPT_MAX);
	slept = &work->slept[work->slept_count++];
	place_name_set(slept->in, in, strlen(in));
	comm_copy(slept->thread, event);
	return i;
}

static bool is_seen(const struct spans *spans, const struct task *task)
{
	for (size_t i = 0; i < spans->count; i++)
		if (is_of(spans->event[i], task) ||
		    (task->pid == spans->qemu && spans->event[i]->tgid == task->pid))
			return true;
	return false;
}

static void slept_add(struct sum *sum, const struct walk *walk, const struct mt_event *event,
		      int64_t from_ns, int64_t to_ns)
{
	const struct task waker = {event->sched.waker_pid, event->sched.waker_tid};
	const struct mt_event *holder = holder_find(sum->spans, event);
	char in[SLEPT_PLACE];

	if (to_ns <= from_ns)
		return;
	if (holder) {
		held_add(sum->work, walk->holder, -holder_part(walk->holder, from_ns, to_ns));
		held_add(sum->work, holder, holder_part(holder, from_ns, to_ns));
	}
	if (walk->depth < DEPTH_MAX && is_sides(sum->spans, waker.pid) && !is_of(event, &waker) &&
	    is_seen(sum->spans, &waker)) {
		thread_walk(sum, (struct walk){waker, from_ns, to_ns, INT64_MIN, walk->depth + 1,
					       holder ? holder : walk->holder});
		return;
	}
	place_name_of(event, in);
	bounds_add(&sum->slept[slept_find(sum->work, in, event)], to_ns - from_ns, to_ns - from_ns);
}

static void off_add(struct sum *sum, const struct walk *walk, const struct mt_event *event)
{
	struct off off = off_of(event);
	int64_t woken_ns = most(off.woken_ns, walk->at_ns);

	if (off.woken_ns > walk->at_ns)
		slept_add(sum, walk, event, walk->at_ns, least(off.woken_ns, walk->to_ns));
	if (woken_ns < walk->to_ns)
		runnable_add(sum, event, least(off.on_ns, walk->to_ns) - woken_ns);
}

/* Goes through what the thread did in that time. */
static void thread_walk(struct sum *sum, struct walk walk)
{
	struct spans *spans = sum->spans;

	for (size_t i = first_after(spans, walk.at_ns); i < spans->count && walk.at_ns < walk.to_ns;
	     i++) {
		const struct mt_event *event = spans->event[i];
		struct off off = off_of(event);

		if (++spans->steps > STEPS_MAX)
			return;
		if (!is_of(event, &walk.task))
			continue;
		if (off.off_ns > walk.at_ns) {
			on_cpu_add(sum, &walk, least(off.off_ns, walk.to_ns), event);
			walk.at_ns = least(off.off_ns, walk.to_ns);
		}
		if (walk.at_ns < walk.to_ns)
			off_add(sum, &walk, event);
		walk.at_ns = walk.on_ns = most(off.on_ns, walk.at_ns);
	}
	if (walk.at_ns < walk.to_ns)
		on_cpu_add(sum, &walk, walk.to_ns, NULL);
}

/* For how long nothing was left out: of all threads, or of the one that it is asked for. */
static uint64_t covered_ns(const struct mt_event *event, const struct task *task)
{
	const struct mt_sched *sched = &event->sched;

	return is_of(event, task) && sched->alone_ns > sched->watched_ns ? sched->alone_ns
									 : sched->watched_ns;
}

/* Each event says since when nothing was left out; the last one of a standstill, of all of it. */
static bool is_covered(const struct spans *spans, const struct stretch *stretch)
{
	const struct task task = {stretch->end->tgid, stretch->end->tid};

	for (size_t i = first_after(spans, stretch->to_ns - SLACK_NS); i < spans->count; i++) {
		const struct mt_event *event = spans->event[i];

		if (minus((int64_t)event->ktime_ns, covered_ns(event, &task)) <=
		    stretch->from_ns + SLACK_NS)
			return true;
	}
	return false;
}

struct work work_unknown(bool is_recorded, const char *why)
{
	return (struct work){
		.is_recorded = is_recorded,
		.on_cpu = quantity_unknown(why),
		.runnable = quantity_unknown(why),
		.throttled = quantity_unknown(why),
	};
}

static struct quantity quantity_of(const struct bounds *bounds)
{
	return quantity_between(bounds->lo_ns, bounds->hi_ns, how);
}

/* Likely it was for as long as its groups were; for sure, not for longer. */
static struct quantity throttled_of(const struct sum *sum)
{
	struct quantity throttled = quantity_between(0, sum->throttled.hi_ns, how);

	if (sum->is_throttled_unknown)
		return quantity_unknown("the kernel does not say");
	throttled.est_ns = sum->throttled.lo_ns;
	return throttled;
}

static void slept_finish(struct sum *sum)
{
	struct work *work = sum->work;

	for (size_t i = 0; i < work->slept_count; i++)
		work->slept[i].duration = quantity_of(&sum->slept[i]);
	if (!sum->shortly.hi_ns)
		return;
	place_name_set(work->slept[work->slept_count].in, SLEPT_SHORTLY, strlen(SLEPT_SHORTLY));
	work->slept[work->slept_count++].duration = quantity_of(&sum->shortly);
}

/* Returns why it is not known what went on then, or NULL. */
static const char *why_not(const struct spans *spans, const struct stretch *stretch)
{
	const struct mt_event *end = stretch->end;
	struct task task = {end ? end->tgid : 0, end ? end->tid : 0};

	if (spans->is_cut)
		return "there were too many switches";
	if (!end)
		return "it was not seen which thread ended it";
	if (!is_covered(spans, stretch))
		return "not all switches of that time were recorded";
	return is_seen(spans, &task) ? NULL : "its thread was not watched";
}

struct work work_in(struct spans *spans, const struct stretch *stretch)
{
	struct work work = {.is_recorded = true};
	struct sum sum = {.spans = spans, .work = &work};
	const char *why = spans->count ? why_not(spans, stretch) : "was not recorded";

	if (why)
		return work_unknown(spans->count, why);
	thread_walk(&sum, (struct walk){{stretch->end->tgid, stretch->end->tid},
					stretch->from_ns,
					stretch->to_ns,
					INT64_MIN,
					0,
					NULL});
	if (spans->steps > STEPS_MAX)
		return work_unknown(true, "there were too many switches");
	work.on_cpu = quantity_of(&sum.on_cpu);
	work.runnable = quantity_of(&sum.runnable);
	work.throttled = throttled_of(&sum);
	slept_finish(&sum);
	held_finish(&work, how);
	return work;
}
