/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which domain a thread of a daemon works for: from its access check until its dispatch is over. */
#ifndef MIGTRACE_THREAD_BPF_H
#define MIGTRACE_THREAD_BPF_H

#define DEF_UUID 8 /* virDomainDef: int virtType, int id, then uuid; 1.2.15 to today */
#define MESSAGE_SERIAL                                                                             \
	48 /* virNetMessage: the serial in its header; checked against the call's                  \
	    */

static __always_inline struct thread *thread_any(void)
{
	__u64 key = bpf_get_current_pid_tgid();

	return bpf_map_lookup_elem(&threads, &key);
}

/* Returns the current thread if it works for a domain. */
static __always_inline struct thread *thread_current(void)
{
	struct thread *thread = thread_any();

	return thread && thread->is_bound ? thread : NULL;
}

static __always_inline void daemon_note(void)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	__u32 *process = bpf_map_lookup_elem(&processes, &tgid);

	if (process && !(*process & IS_DAEMON))
		__sync_fetch_and_or(process, IS_DAEMON);
}

static __always_inline void thread_put(const struct thread *thread)
{
	__u64 key = bpf_get_current_pid_tgid();

	process_note();
	daemon_note();
	state_put(&threads, &key, thread, BPF_ANY);
}

static __always_inline void owner_learn(__u64 pointer, const __u8 *uuid)
{
	struct pointer_key key = pointer_key(pointer, 0);
	struct domain domain;

	__builtin_memcpy(domain.uuid, uuid, MT_UUID);
	pointer_put(&domains, &key, &domain, BPF_ANY);
}

static __always_inline void owner_forget(__u64 pointer)
{
	struct pointer_key key = pointer_key(pointer, 0);

	state_drop(&domains, &key);
}

/* What it alone knew of its domain is over. */
static __always_inline void thread_release(const struct thread *thread)
{
	if (thread->vm)
		owner_forget(thread->vm);
	if (thread->call.pointer)
		state_drop(&calls, &thread->call);
}

/* What the thread did is over, whatever became of its reply. */
static __always_inline void thread_forget(void)
{
	__u64 key = bpf_get_current_pid_tgid();
	struct thread *thread = bpf_map_lookup_elem(&threads, &key);

	if (!thread)
		return;
	standstill_end(&thread->is_finishing);
	thread_release(thread);
	if (thread->served.pointer)
		state_drop(&calls, &thread->served);
	state_drop(&threads, &key);
}

/* The driver checks access at the start of every phase, with the domain's definition in hand. */
static __always_inline void thread_bind(__u64 def)
{
	struct thread *before = thread_any(), thread = {.is_bound = 1};

	if (bpf_probe_read_user(thread.uuid, MT_UUID, (const void *)(def + DEF_UUID))) {
		note_unreadable();
		return;
	}
	if (before) {
		standstill_end(&before->is_finishing);
		thread_release(before);
		thread.served = before->served;
		thread.dispatched_ns = before->dispatched_ns;
	}
	thread_put(&thread);
}

static __always_inline void serving_forget(void)
{
	__u64 key = bpf_get_current_pid_tgid();

	if (bpf_map_lookup_elem(&servings, &key))
		state_drop(&servings, &key);
}

/* Of a call that finds no room, or began before anything migrated, it is not known. */
static __always_inline void serving_begin(__u64 now)
{
	struct serving serving = {.dispatched_ns = now};
	__u64 key = bpf_get_current_pid_tgid();

	serving_forget();
	if (may_watch)
		bpf_map_update_elem(&servings, &key, &serving, BPF_ANY);
}

/*
 * A worker of the daemon begins with a client's call. What it did before is over, also where no
 * reply was sent, as of a client that has gone.
 */
static __always_inline void on_dispatch(const __u64 *args)
{
	struct thread thread = {.dispatched_ns = bpf_ktime_get_ns()};
	__u32 serial = 0;

	thread_forget();
	serving_begin(thread.dispatched_ns);
	bpf_probe_read_user(&serial, sizeof(serial),
			    (const void *)(args[ARG_DISPATCH_MESSAGE] + MESSAGE_SERIAL));
	thread.served = pointer_key(args[ARG_DISPATCH_CLIENT], serial);
	if (bpf_map_lookup_elem(&calls, &thread.served))
		thread_put(&thread);
}

/* Reads the UUID in the definition of the domain object. */
static __always_inline int object_uuid(const struct mt_site *site, __u64 object, __u8 *uuid)
{
	__u64 def;

	return !site->def_offset || !object ||
	       bpf_probe_read_user(&def, sizeof(def), (void *)(object + site->def_offset)) ||
	       bpf_probe_read_user(uuid, MT_UUID, (void *)(def + DEF_UUID));
}

/* The same of the one that the function got. */
static __always_inline int vm_uuid(const struct mt_site *site, const __u64 *args, __u8 *uuid)
{
	return object_uuid(site, args[MT_VM], uuid);
}

/* The thread's UUID is from the access check; the domain object that it works on has one, too. */
static __always_inline __u8 uuid_check(const struct mt_site *site, const __u64 *args,
				       const __u8 *expected)
{
	__u8 uuid[MT_UUID];

	if (vm_uuid(site, args, uuid))
		return MT_UNCHECKED;
	for (__u32 i = 0; i < MT_UUID; i++)
		if (uuid[i] != expected[i])
			return MT_DISAGREES;
	return MT_AGREES;
}

/*
 * A thread that we came too late for to see its access check, in the middle of a phase: Perform,
 * and Run within it. Their returns may be seen all the same, if another recorder has seen them
 * begin.
 */
static __always_inline struct thread *thread_bind_late(const struct mt_site *site,
						       const __u64 *args)
{
	struct thread thread = {.is_bound = 1, .depth = 2};

	if (!vm_uuid(site, args, thread.uuid))
		thread_put(&thread);
	return thread_current();
}

#endif
