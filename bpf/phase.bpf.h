/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libvirt's phases of a migration, and what else a thread does in them. */
#ifndef MIGTRACE_PHASE_BPF_H
#define MIGTRACE_PHASE_BPF_H

/* The domain object is this domain's while Perform runs; later its address may be another's. */
static __always_inline void perform_note(const struct mt_site *site, struct thread *thread,
					 const __u64 *args)
{
	if (site->edge == MT_ENTER) {
		thread->vm = args[ARG_PERFORM_VM];
		owner_learn(args[ARG_PERFORM_VM], thread->uuid);
	} else if (thread->vm) {
		owner_forget(thread->vm);
		thread->vm = 0;
	}
}

/* Whose standstill it is that ends, and whether one has. */
struct ended {
	__u8 uuid[MT_UUID];
	__u64 is_any;
};

/* Where a QEMU hides its UUID, its guest's standstill ends with that of any. */
static long standing_end(void *map, __u32 *tgid, struct qemu *qemu, struct ended *ended)
{
	if (!(word_at(qemu->uuid) | word_at(qemu->uuid + 8)) ||
	    (word_at(qemu->uuid) == word_at(ended->uuid) &&
	     word_at(qemu->uuid + 8) == word_at(ended->uuid + 8)))
		if (standstill_uncount(&qemu->is_standing))
			ended->is_any = 1;
	return 0;
}

/* The source has handed over, or has replied to who does. */
static __always_inline void standings_end(const struct thread *thread)
{
	struct ended ended = {};

	__builtin_memcpy(ended.uuid, thread->uuid, MT_UUID);
	bpf_for_each_map_elem(&guests, standing_end, &ended, 0);
	if (ended.is_any)
		standstills_ended();
}

/* What is seen of the destination's standstill by libvirt. */
static __always_inline void standstill_note(const struct mt_site *site, struct thread *thread)
{
	if (site->edge == MT_ENTER) {
		if (site->kind == MT_FINISH)
			standstill_begin(&thread->is_finishing);
		return;
	}
	if (site->kind == MT_FINISH || site->kind == MT_START_CPUS)
		standstill_end(&thread->is_finishing);
}

/* Takes down where the thread is, before it is reported. */
static __always_inline void phase_note(const struct mt_site *site, struct thread *thread,
				       const __u64 *args)
{
	if (site->kind == MT_PERFORM)
		perform_note(site, thread, args);
	standstill_note(site, thread);
	if (site->kind == MT_PREPARE)
		thread->is_preparing = site->edge == MT_ENTER;
	if (site->edge == MT_ENTER)
		thread->depth++;
	else if (thread->depth)
		thread->depth--;
}

static __always_inline void result_fill(struct mt_event *event, __u64 result)
{
	if (event->kind == MT_BEGIN || event->kind == MT_FINISH)
		event->result.has_succeeded = result != 0;
	else
		event->result.returned = (__s32)result;
}

static __always_inline void payload_fill(struct mt_event *event, const struct mt_site *site,
					 const __u64 *args)
{
	if (site->edge == MT_RETURN) {
		result_fill(event, args[ARG_RESULT]);
		return;
	}
	switch (site->kind) {
	case MT_PERFORM:
		event->perform.is_p2p = args[ARG_PERFORM_URI] != 0;
		break;
	case MT_CONFIRM:
		event->confirm.is_cancelled = args[ARG_CONFIRM_CANCELLED] != 0;
		break;
	case MT_START_CPUS:
	case MT_STOP_CPUS:
		event->cpus.reason = (__s32)args[ARG_CPUS_REASON];
		break;
	}
}

static __always_inline void on_function(const struct mt_site *site, const __u64 *args)
{
	struct thread *thread = thread_current();
	struct mt_event *event;
	__u8 check;

	if (!thread)
		return;
	phase_note(site, thread, args);
	check = uuid_check(site, args, thread->uuid);
	event = event_reserve(site, thread->uuid);
	if (!event)
		return;
	event->uuid_check = check;
	payload_fill(event, site, args);
	bpf_ringbuf_submit(event, 0);
}

#endif
