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

/* Takes the event that the phase is to be told by, or counts it as lost. */
static __always_inline struct mt_event *phase_event(const struct mt_site *site,
						    struct thread *thread, const __u64 *args)
{
	struct mt_event *event = event_reserve(site, thread->uuid, args);

	if (site->edge == MT_ENTER)
		thread->depth++;
	if (site->kind == MT_PREPARE)
		thread->is_preparing = site->edge == MT_ENTER;
	if (event)
		event->uuid_check = uuid_check(site, args, thread->uuid);
	return event;
}

static __always_inline void on_function(const struct mt_site *site, const __u64 *args)
{
	struct thread *thread = thread_current();
	struct mt_event *event;

	if (!thread)
		return;
	if (site->kind == MT_PERFORM)
		perform_note(site, thread, args);
	event = phase_event(site, thread, args);
	if (event)
		bpf_ringbuf_submit(event, 0);
	if (site->edge == MT_RETURN && thread->depth)
		thread->depth--;
}

#endif
