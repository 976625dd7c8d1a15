/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Process ids as the recorder has them: those of its own PID namespace, as /proc shows them there.
 */
#ifndef MIGTRACE_PID_BPF_H
#define MIGTRACE_PID_BPF_H

/* Of the recorder's PID namespace, the inode number; 0: it is the initial one, whose ids the kernel
 * works with. */
const volatile __u32 pid_namespace_inode;

/* The same one, as the self-test's hit shows it. */
__u64 pid_namespace;
__u32 pid_level;

/* Returns where the id is that the namespace of that level has given. */
static __always_inline const struct upid *upid_of(const struct pid *pid, __u32 level)
{
	return (const void *)pid + bpf_core_field_offset(struct pid, numbers) +
	       level * bpf_core_type_size(struct upid);
}

static __always_inline void pid_namespace_learn(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct pid *pid = BPF_CORE_READ(task, thread_pid);
	__u32 level = BPF_CORE_READ(pid, level);
	struct pid_namespace *namespace = BPF_CORE_READ(upid_of(pid, level), ns);

	if (BPF_CORE_READ(namespace, ns.inum) != pid_namespace_inode)
		return; /* another recorder's self-test */
	pid_level = level;
	pid_namespace = (__u64) namespace;
}

/* Returns the task's id in the recorder's namespace; 0: it has none. */
static __always_inline __u32 pid_inside(const struct task_struct *task)
{
	struct pid *pid = BPF_CORE_READ(task, thread_pid);
	const struct upid *upid = upid_of(pid, pid_level);

	if (!pid || BPF_CORE_READ(pid, level) < pid_level ||
	    (__u64)BPF_CORE_READ(upid, ns) != pid_namespace)
		return 0;
	return BPF_CORE_READ(upid, nr);
}

/* Returns what bpf_get_current_pid_tgid() does, in the recorder's namespace; 0: it is not there. */
static __always_inline __u64 id_inside(const struct task_struct *task)
{
	return (__u64)pid_inside(BPF_CORE_READ(task, group_leader)) << 32 | pid_inside(task);
}

static __always_inline __u64 id_current(void)
{
	if (!pid_namespace_inode)
		return bpf_get_current_pid_tgid();
	return id_inside((void *)bpf_get_current_task());
}

/* Returns whether the recorder can see the current process at all. */
static __always_inline int is_visible(void)
{
	return !pid_namespace_inode || id_current() >> 32;
}

#endif
