/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel knows of a task that is switched or woken: its state, its groups, where it
 * sleeps. */
#ifndef MIGTRACE_TASK_BPF_H
#define MIGTRACE_TASK_BPF_H

#define STATE_RUNNING 0 /* the kernel's include/linux/sched.h */
#define STATE_WAKING  0x200
#define GROUPS	      8 /* how deep they nest, at most */

/* Since Linux 5.14 it has another name. */
struct task_struct___before_5_14 {
	volatile long state;
} __attribute__((preserve_access_index));

static __always_inline __u32 state_of(const struct task_struct *task)
{
	if (bpf_core_field_exists(task->__state))
		return task->__state;
	return ((const struct task_struct___before_5_14 *)task)->state;
}

/*
 * Returns the current task's id where it is the one that acts; 0: an interrupt does, which has a
 * stack of its own. A task's own ends with the registers that it came into the kernel with; how
 * large it is depends on the size of pages.
 */
static __always_inline __u64 actor_current(const void *context)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 bottom = (__u64)task->stack, frame = address_of(context);
	__u64 top = address_of((const void *)bpf_task_pt_regs(task));

	return frame > bottom && frame < top ? bpf_get_current_pid_tgid() : 0;
}

/* Returns any task's id as the recorder has it. */
static __always_inline __u64 id_of(const struct task_struct *task)
{
	return pid_namespace_inode ? id_inside(task) : (__u64)task->tgid << 32 | (__u32)task->pid;
}

/* For how long the task's groups were throttled in all, by those spans that have ended. */
static __always_inline __u64 throttled_sum(const struct task_struct *task)
{
	const struct task_group *group = task->sched_task_group;
	__u64 sum = 0;

	if (!bpf_core_field_exists(group->cfs_bandwidth))
		return 0;
	for (int i = 0; i < GROUPS && group; i++) {
		sum += group->cfs_bandwidth.throttled_time;
		group = group->parent;
	}
	return sum;
}

/* Looks the names up. */
static __always_inline void place_name(struct place *place, const struct place_key *key)
{
	long len = BPF_SNPRINTF(place->names, sizeof(place->names), "%ps %ps %ps", key->frames[0],
				key->frames[1], key->frames[2]);

	place->len = len > 1 && len <= (long)sizeof(place->names) ? len - 1 : 0;
}

/*
 * Returns the names of the key's place, which are kept, as to look them up takes longer than all
 * else; where there is no room they are in the other one. Two CPUs may write the same ones at
 * once.
 */
static __always_inline struct place *place_get(const struct place_key *key, struct place *otherwise)
{
	struct place *place = bpf_map_lookup_elem(&places, key);

	if (!place) {
		bpf_map_update_elem(&places, key, &no_place, BPF_NOEXIST);
		place = bpf_map_lookup_elem(&places, key) ?: otherwise;
	}
	if (!place->len)
		place_name(place, key);
	return place;
}

#endif
