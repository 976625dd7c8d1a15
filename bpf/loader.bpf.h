/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The last waits of a thread that loads a guest: who sends it may stand still while it waits. */
#ifndef MIGTRACE_LOADER_BPF_H
#define MIGTRACE_LOADER_BPF_H

/* The recorder reads them. */
struct mt_loader loaders[MT_LOADERS];
__u32 loading; /* how many load now: asked at each switch */

static __always_inline struct mt_loader *loader_at(__u32 place)
{
	return &loaders[(place - 1) & (MT_LOADERS - 1)];
}

/* In the thread that begins to load; of more than there are places for nothing is told. */
static __always_inline void loader_begin(struct qemu *qemu)
{
	__u64 id = id_current();

	for (__u32 i = 1; may_watch && !qemu->loader && i <= MT_LOADERS; i++) {
		struct mt_loader *loader = loader_at(i);

		if (__sync_val_compare_and_swap(&loader->is_used, 0, 1))
			continue;
		loader->tid = (__u32)bpf_get_current_pid_tgid();
		loader->own_tgid = id >> 32;
		loader->own_tid = (__u32)id;
		loader->begun_ns = bpf_ktime_get_ns();
		loader->done_ns = loader->off_ns = loader->count = 0;
		loader->short_slept_ns = loader->short_runnable_ns = 0;
		qemu->loader = i;
		__sync_fetch_and_add(&loading, 1);
	}
}

/* Returns its loader, which is none any more, or NULL. */
static __always_inline struct mt_loader *loader_end(struct qemu *qemu)
{
	struct mt_loader *loader = loader_at(qemu->loader);

	if (!qemu->loader)
		return NULL;
	qemu->loader = 0;
	__sync_fetch_and_sub(&loading, 1);
	return loader;
}

/* The recorder reads what it waited for. */
static __always_inline void loader_done(struct qemu *qemu)
{
	struct mt_loader *loader = loader_end(qemu);

	if (loader)
		loader->done_ns = bpf_ktime_get_ns();
}

static __always_inline void loader_forget(struct qemu *qemu)
{
	struct mt_loader *loader = loader_end(qemu);

	if (loader)
		loader->is_used = 0;
}

/* Returns the task's, or NULL. */
static __always_inline struct mt_loader *loader_of(const struct task_struct *task)
{
	__u32 tgid = task->tgid, tid = task->pid;
	const struct qemu *qemu = bpf_map_lookup_elem(&guests, &tgid);
	struct mt_loader *loader;

	if (!qemu || !qemu->loader)
		return NULL;
	loader = loader_at(qemu->loader);
	return loader->tid == tid ? loader : NULL;
}

static __always_inline void loader_wake(struct mt_loader *loader, const struct task_struct *task,
					__u64 now)
{
	loader->woken_ns = now;
	loader->throttled_ns = throttled_sum(task);
}

/* For more of the stream its main loop polls: without an end, and without a page fault. */
static __always_inline int is_polling(struct task_struct *task)
{
	__u32 call = call_of(task);

	return call == CALL_PPOLL || call == CALL_POLL || call == CALL_EPOLL_PWAIT;
}

static __always_inline void loader_out(struct mt_loader *loader, struct task_struct *task,
				       int is_preempted, __u64 now)
{
	__u32 state = state_of(task);

	loader->woken_ns = loader->is_for_stream = 0;
	loader->off_ns = now;
	if (is_preempted || state == STATE_RUNNING || state == STATE_WAKING)
		loader_wake(loader, task, now);
	else
		loader->is_for_stream = is_polling(task);
}

static __always_inline int is_same_place(const struct mt_loader_span *span,
					 const struct place_key *key)
{
	return span->frames[0] == key->frames[0] && span->frames[1] == key->frames[1] &&
	       span->frames[2] == key->frames[2];
}

/* Returns the span that a wait belongs to, which begins a new one where it has to. */
static __always_inline struct mt_loader_span *span_get(struct mt_loader *loader,
						       const struct place_key *key, __u64 now)
{
	struct mt_loader_span *span = &loader->span[(loader->count - 1) & (MT_LOADER_SPANS - 1)];
	struct place *place;

	if (loader->count && now < span->from_ns + MT_SCHED_LOADER_NS && is_same_place(span, key))
		return span;
	span = &loader->span[loader->count++ & (MT_LOADER_SPANS - 1)];
	__builtin_memset(span, 0, sizeof(*span));
	__builtin_memcpy(span->frames, key->frames, sizeof(span->frames));
	span->from_ns = loader->off_ns;
	if (!key->frames[0])
		return span;
	place = place_get(key, (struct place *)span->where);
	__builtin_memmove(span->where, place->names, sizeof(span->where));
	span->where_len = place->len;
	return span;
}

static __always_inline void wait_add(struct mt_loader *loader, struct task_struct *task,
				     __u64 slept_ns, __u64 runnable_ns, __u64 now)
{
	__u64 throttled = throttled_sum(task) - loader->throttled_ns;
	struct place_key key = {};
	struct mt_loader_span *span;

	if (slept_ns >= MT_SCHED_SHORT_NS)
		bpf_get_task_stack(task, key.frames, sizeof(key.frames), 0);
	span = span_get(loader, &key, now);
	span->to_ns = now;
	span->slept_ns += slept_ns;
	span->runnable_ns += runnable_ns;
	if (!bpf_core_field_exists(task->sched_task_group->cfs_bandwidth))
		span->throttled_ns = ~0ull;
	else if (loader->woken_ns)
		span->throttled_ns += throttled < runnable_ns ? throttled : runnable_ns;
	span->short_slept_ns += loader->short_slept_ns;
	span->short_runnable_ns += loader->short_runnable_ns;
	loader->short_slept_ns = loader->short_runnable_ns = 0;
}

/* It has a CPU again. */
static __always_inline void loader_in(struct mt_loader *loader, struct task_struct *task, __u64 now)
{
	__u64 off_ns = loader->off_ns, woken_ns = loader->woken_ns, slept_ns, runnable_ns;

	if (!off_ns || off_ns > now)
		return;
	if (woken_ns < off_ns || woken_ns > now)
		woken_ns = woken_ns && woken_ns < off_ns ? off_ns : now;
	slept_ns = woken_ns - off_ns;
	runnable_ns = now - woken_ns;
	if (runnable_ns < MT_SCHED_SHORT_NS &&
	    (loader->is_for_stream || slept_ns + runnable_ns < MT_SCHED_SHORT_NS)) {
		loader->short_slept_ns += slept_ns;
		loader->short_runnable_ns += runnable_ns;
	} else {
		if (loader->is_for_stream) {
			loader->short_slept_ns += slept_ns;
			slept_ns = 0;
		}
		wait_add(loader, task, slept_ns, runnable_ns, now);
	}
	loader->off_ns = 0;
}

#endif
