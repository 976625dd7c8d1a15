/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes that begin and end: daemons and guests to be probed, and entries that
 * nobody has now. */
#ifndef MIGTRACE_PROCESS_BPF_H
#define MIGTRACE_PROCESS_BPF_H

/*
 * One that is named like a daemon or guest, or that a daemon has started, has begun, or ended:
 * other files may be in use now.
 */
static __always_inline void daemon_tell(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	const struct mt_site site = {.kind = MT_EXEC};
	char comm[MT_COMM] __attribute__((aligned(8))) = {};
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	__u8 uuid[MT_UUID] = {};
	struct mt_event *event;

	BPF_CORE_READ_STR_INTO(&comm, task, group_leader, comm);
	if (!(is_daemon_name(comm) || bpf_map_lookup_elem(&children, &tgid)) ||
	    !(is_this_host() || is_this_hosts_qemu()))
		return;
	event = event_reserve(&site, uuid);
	if (event)
		bpf_ringbuf_submit(event, 0);
}

/* A guest's program may have any name, but a daemon starts it, by processes in between. */
SEC("raw_tp/sched_process_fork")
int fork_seen(__u64 *context)
{
	struct task_struct *parent = (void *)context[0], *child = (void *)context[1];
	__u32 from = BPF_CORE_READ(parent, tgid), tgid = BPF_CORE_READ(child, tgid), is_one = 1;
	char comm[MT_COMM] __attribute__((aligned(8))) = {};

	if (from == tgid)
		return 0;
	BPF_CORE_READ_STR_INTO(&comm, parent, group_leader, comm);
	if (bpf_map_lookup_elem(&children, &from) || (is_starter_name(comm) && is_this_host()))
		state_put(&children, &tgid, &is_one, BPF_ANY);
	return 0;
}

SEC("raw_tp/sched_process_exec")
int exec_seen(void *context)
{
	daemon_tell();
	return 0;
}

/* For bpf_for_each_map_elem(): deletes the entry if it is the current process's. */
static long entry_sweep(void *map, struct pointer_key *key, void *value, void *context)
{
	struct pointer_key own = *key;

	if (own.tgid == bpf_get_current_pid_tgid() >> 32)
		state_drop(map, &own);
	return 0;
}

/* Of one that gave events: the signal, or the status, that the kernel has for who waits for it. */
static __always_inline void exit_tell(struct task_struct *task)
{
	const struct mt_site site = {.kind = MT_EXIT};
	__u32 status = BPF_CORE_READ(task, signal, group_exit_code);
	__u8 uuid[MT_UUID] = {};
	struct mt_event *event;

	event = event_reserve(&site, uuid);
	if (!event)
		return;
	event->exit.code = status >> 8 & 0xff;
	event->exit.signal = status & 0x7f;
	event->exit.has_dumped = (status & 0x80) != 0;
	event->exit.by_oom = BPF_CORE_READ(task, signal, oom_mm) != NULL;
	BPF_CORE_READ_STR_INTO(&event->comm, task, group_leader, comm);
	bpf_ringbuf_submit(event, 0);
}

/* Its address space has gone: what its pointers meant is over. */
static __always_inline void process_forget(struct task_struct *task, __u32 tgid)
{
	struct qemu *qemu;

	if (bpf_map_lookup_elem(&children, &tgid))
		state_drop(&children, &tgid);
	if (bpf_map_delete_elem(&processes, &tgid)) {
		daemon_tell();
		return;
	}
	exit_tell(task);
	qemu = bpf_map_lookup_elem(&guests, &tgid);
	if (qemu) {
		standstill_end(&qemu->is_standing);
		loader_forget(qemu);
	}
	state_drop(&guests, &tgid);
	bpf_for_each_map_elem(&domains, entry_sweep, NULL, 0);
	bpf_for_each_map_elem(&calls, entry_sweep, NULL, 0);
	bpf_for_each_map_elem(&asked, entry_sweep, NULL, 0);
	bpf_for_each_map_elem(&started, entry_sweep, NULL, 0);
	bpf_for_each_map_elem(&awaited, entry_sweep, NULL, 0);
	bpf_for_each_map_elem(&disk_places, entry_sweep, NULL, 0);
}

/* Of every thread on the machine. */
SEC("raw_tp/sched_process_exit")
int exit_seen(void *context)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u64 key = bpf_get_current_pid_tgid();
	__u32 tid = (__u32)key;

	thread_forget();
	said_forget();
	serving_forget();
	vcpu_forget(tid);
	if (bpf_map_lookup_elem(&offs, &tid))
		state_drop(&offs, &tid);
	if (bpf_map_lookup_elem(&kvm_exits, &key))
		state_drop(&kvm_exits, &key);
	if (!BPF_CORE_READ(task, signal, live.counter))
		process_forget(task, key >> 32);
	return 0;
}

#endif
