/* SPDX-License-Identifier: GPL-2.0-or-later */
/* While a guest stands still: how long the threads at work there had no CPU, or slept, and where.
 */
#ifndef MIGTRACE_SCHED_BPF_H
#define MIGTRACE_SCHED_BPF_H

#define EXITING	 4
#define WHERE_NS 2000000 /* to find where takes 5 to 10 us: at most 0.5 % of the sleep */
#define START_NS 1000000000ull

/* Without its thread and its payload. */
static __always_inline void sched_fill(struct mt_event *event, __u64 now)
{
	__builtin_memset(event, 0, MT_SCHED_SIZE);
	event->ktime_ns = now;
	event->kind = MT_SCHED;
	event->sched.watched_ns = watched_since < now ? now - watched_since : 0;
	event->sched.throttled_ns = ~0ull;
}

/*
 * Returns room for an event, or NULL: that costs what was before. Who asks looks at once, and only
 * once, whether there is room: Linux 6.1 forgets that it has looked.
 */
static __always_inline struct mt_event *sched_reserve(void)
{
	return bpf_ringbuf_reserve(&switches, MT_SCHED_SIZE, 0);
}

/* Tells that all was seen until now, with what is left to say of the thread that ended it. */
static __always_inline void watch_tell(__u64 now)
{
	__u32 tid = (__u32)watched_id;
	struct off *off = bpf_map_lookup_elem(&offs, &tid);
	struct mt_event *event = sched_reserve();

	if (!event) {
		watch_restart(now);
		return;
	}
	sched_fill(event, now);
	event->tgid = watched_inside >> 32;
	if (off && off->since == watched_since) {
		event->tid = (__u32)watched_inside;
		event->sched.short_slept_ns = off->short_slept_ns;
		event->sched.short_runnable_ns = off->short_runnable_ns;
		off->short_slept_ns = off->short_runnable_ns = 0;
	}
	bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
}

/* Returns whether nothing is watched from now on; a standstill that lasts is not to its end. */
static __always_inline int watch_is_over(__u64 now)
{
	int is_long = spans >= WATCH_MAX || now >= watched_from + WATCH_NS;

	if (!has_news && !is_long)
		return 0;
	has_news = 0;
	watch_tell(now);
	if (is_long || !standstills)
		is_watching = 0;
	return !is_watching;
}

/* Its vCPUs are stopped, or were not seen to start since. */
static __always_inline int is_down(const struct qemu *qemu, __u64 now)
{
	if (qemu->phase == GUEST_STARTING)
		return !qemu->has_started && now < qemu->start + START_NS;
	return qemu->phase != GUEST_RUNS;
}

/*
 * Of a QEMU whose guest stands still, or of a daemon that migrates one: any of its threads may have
 * what those wait for that do so.
 */
static __always_inline int is_at_work(const struct task_struct *task, __u64 now)
{
	__u32 tgid = task->tgid, *process;
	struct qemu *qemu = bpf_map_lookup_elem(&guests, &tgid);

	if (qemu)
		return qemu->is_standing || is_down(qemu, now);
	process = bpf_map_lookup_elem(&processes, &tgid);
	return process && *process & IS_DAEMON;
}

/* Returns what is known of the task since watching began; NULL: it is not watched. */
static __always_inline struct off *off_get(const struct task_struct *task, __u64 now, __u64 off_ns)
{
	__u32 tid = task->pid;
	struct off *off = bpf_map_lookup_elem(&offs, &tid), new = {.since = watched_since};

	if (off && off->since == new.since)
		return off;
	if (task->flags & EXITING || !is_at_work(task, now))
		return NULL;
	new.off_ns = off_ns;
	if (bpf_map_update_elem(&offs, &tid, &new, BPF_ANY)) {
		watch_restart(now);
		return NULL;
	}
	return bpf_map_lookup_elem(&offs, &tid);
}

static __always_inline void off_wake(struct off *off, const struct task_struct *task, __u64 now)
{
	off->woken_ns = now;
	off->throttled_ns = throttled_sum(task);
}

/*
 * Who ends a longer wait of a thread of its own daemon may have held what that waited for, in a
 * client's call: which one that is, its reply will say.
 */
static __always_inline void waker_note(struct off *off, __u32 tgid, __u64 now)
{
	struct serving *serving;
	__u64 waker = off->waker;

	if (waker >> 32 != tgid || now < off->off_ns + WHERE_NS)
		return;
	serving = bpf_map_lookup_elem(&servings, &waker);
	if (!serving)
		return;
	off->is_noted = 1;
	if (!serving->woke_ns)
		serving->woke_ns = now;
}

/* It gives its CPU up, or it is taken away. */
static __always_inline void on_switch_out(const struct task_struct *task, int is_preempted,
					  __u64 now)
{
	struct off *off = off_get(task, now, 0);
	__u32 state = state_of(task);

	if (!off)
		return;
	off->off_ns = now;
	off->waker = off->woken_ns = off->is_noted = 0;
	if (is_preempted || state == STATE_RUNNING || state == STATE_WAKING)
		off_wake(off, task, now);
}

/*
 * Where it slept, by name: what called the scheduler's functions, which are left out, and so on.
 */
static __always_inline void where_fill(struct mt_event *event, struct task_struct *task)
{
	struct place_key key = {};
	struct place *place;

	bpf_get_task_stack(task, key.frames, sizeof(key.frames), 0);
	place = place_get(&key, (struct place *)event->text);
	event->text_len = place->len;
	__builtin_memmove(event->text, place->names, sizeof(place->names));
}

/* Off the CPU: asleep, then without one. */
struct span {
	__u64 slept_ns;
	__u64 runnable_ns;
};

/* Who wakes may do so on another CPU, by a stamp from just before this one went off its own. */
static __always_inline struct span span_of(const struct off *off, __u64 now)
{
	__u64 off_ns = off->off_ns < now ? off->off_ns : now;
	__u64 woken_ns = off->woken_ns > off_ns ? off->woken_ns : off_ns;

	if (woken_ns > now)
		woken_ns = now;
	return (struct span){woken_ns - off_ns, now - woken_ns};
}

/* Of a task that is in other groups now than when it was woken nothing is known. */
static __always_inline __u64 throttled_since(const struct off *off, const struct task_struct *task)
{
	__u64 sum = throttled_sum(task);

	return off->woken_ns && sum >= off->throttled_ns ? sum - off->throttled_ns : ~0ull;
}

/*
 * What the waker did counts in its place (src/core/standstill/work.c): where it slept matters only
 * where that may have been for a lock of who is told of.
 */
static __always_inline int is_followed(const struct off *off)
{
	__u32 waker = off->waker >> 32, *process;

	if (!waker || off->is_noted)
		return 0;
	if (bpf_map_lookup_elem(&guests, &waker))
		return 1;
	process = bpf_map_lookup_elem(&processes, &waker);
	return process && *process & IS_DAEMON;
}

static __always_inline void span_fill(struct mt_event *event, const struct off *off,
				      struct task_struct *task, const struct span *span)
{
	__u64 waker = pid_namespace_inode ? off->waker_inside : off->waker;
	struct mt_sched *sched = &event->sched;

	sched->slept_ns = span->slept_ns;
	sched->runnable_ns = span->runnable_ns;
	if (bpf_core_field_exists(task->sched_task_group->cfs_bandwidth))
		sched->throttled_ns = throttled_since(off, task);
	sched->short_slept_ns = off->short_slept_ns;
	sched->short_runnable_ns = off->short_runnable_ns;
	sched->waker_pid = waker >> 32;
	sched->waker_tid = (__u32)waker;
	if (sched->slept_ns >= WHERE_NS && !is_followed(off))
		where_fill(event, task);
}

static __always_inline void span_report(struct off *off, struct task_struct *task,
					const struct span *span, __u64 now)
{
	struct mt_event *event = sched_reserve();
	__u64 id;

	if (!event) {
		watch_restart(now);
		return;
	}
	sched_fill(event, now);
	id = id_of(task);
	__sync_fetch_and_add(&spans, 1);
	event->tgid = id >> 32;
	event->tid = (__u32)id;
	bpf_core_read(event->comm, MT_COMM, &task->comm);
	span_fill(event, off, task, span);
	off->short_slept_ns = off->short_runnable_ns = 0;
	bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
}

static __always_inline int is_worth_it(const struct off *off, const struct span *span)
{
	return span->slept_ns + span->runnable_ns >= MT_SCHED_SHORT_NS ||
	       off->short_slept_ns + off->short_runnable_ns >= MT_SCHED_SUM_NS;
}

/* It gets a CPU. Of one that had none since watching began it is not known since when. */
static __always_inline void on_switch_in(struct task_struct *task, __u64 now)
{
	struct off *off = off_get(task, now, watched_since);
	struct span span;

	if (!off || !off->off_ns)
		return;
	span = span_of(off, now);
	if (is_worth_it(off, &span)) {
		span_report(off, task, &span, now);
	} else {
		off->short_slept_ns += span.slept_ns;
		off->short_runnable_ns += span.runnable_ns;
	}
	off->off_ns = 0;
}

static __always_inline void loaders_switch(struct task_struct *prev, struct task_struct *next,
					   int is_preempted, __u64 now)
{
	struct mt_loader *loader = loader_of(prev);

	if (loader)
		loader_out(loader, prev, is_preempted, now);
	loader = loader_of(next);
	if (loader)
		loader_in(loader, next, now);
}

/* Most switches of the machine are of other processes. */
SEC("tp_btf/sched_switch")
int sched_switched(__u64 *context)
{
	struct task_struct *prev, *next;
	int is_of_prev, is_of_next;
	__u64 now;

	if (!is_watching && !loading)
		return 0;
	prev = (struct task_struct *)context[1];
	next = (struct task_struct *)context[2];
	is_of_prev = may_be_noted(prev->tgid);
	is_of_next = may_be_noted(next->tgid);
	if (!is_of_prev && !is_of_next && !has_news)
		return 0;
	now = bpf_ktime_get_ns();
	if (loading)
		loaders_switch(prev, next, context[0] & 1, now);
	if (!is_watching || watch_is_over(now))
		return 0;
	if (is_of_prev)
		on_switch_out(prev, context[0] & 1, now);
	if (is_of_next)
		on_switch_in(next, now);
	return 0;
}

SEC("tp_btf/sched_waking")
int sched_woken(__u64 *context)
{
	struct mt_loader *loader;
	struct task_struct *task;
	struct off *off;
	__u64 now;

	if (!is_watching && !loading)
		return 0;
	task = (struct task_struct *)context[0];
	if (!may_be_noted(task->tgid))
		return 0;
	now = bpf_ktime_get_ns();
	loader = loading ? loader_of(task) : NULL;
	if (loader && loader->off_ns && !loader->woken_ns)
		loader_wake(loader, task, now);
	if (!is_watching)
		return 0;
	off = off_get(task, now, watched_since);
	if (!off || !off->off_ns || off->woken_ns)
		return 0;
	off->waker = actor_current(context);
	if (pid_namespace_inode)
		off->waker_inside = off->waker ? id_current() : 0;
	off_wake(off, task, now);
	waker_note(off, task->tgid, now);
	return 0;
}

#endif
