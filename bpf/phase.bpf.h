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

/* Takes down where the thread is, before it is reported. */
static __always_inline void phase_note(const struct mt_site *site, struct thread *thread,
				       const __u64 *args)
{
	if (site->kind == MT_PERFORM)
		perform_note(site, thread, args);
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
