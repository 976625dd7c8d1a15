/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libvirt's phases of a migration, and what else a thread does in them. */
#ifndef MIGTRACE_PHASE_BPF_H
#define MIGTRACE_PHASE_BPF_H

/* The domain object is this domain's while Perform runs; later its address may be another's. */
static __always_inline void perform_note(const struct mt_site *site, struct thread *thread,
					 const __u64 *args)
{
	if (site->edge == MT_ENTER) {
		thread->vm = args[1];
		owner_learn(args[1], thread->uuid);
	} else if (thread->vm) {
		owner_forget(thread->vm);
		thread->vm = 0;
	}
}

/* Takes down where the thread is, before it is told of. */
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

static __always_inline void on_function(const struct mt_site *site, const __u64 *args)
{
	struct thread *thread = thread_current();
	struct mt_event *event;
	__u8 check;

	if (!thread)
		return;
	phase_note(site, thread, args);
	check = uuid_check(site, args, thread->uuid);
	event = event_reserve(site, thread->uuid, args);
	if (!event)
		return;
	event->uuid_check = check;
	bpf_ringbuf_submit(event, 0);
}

#endif
