/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is kept of a QEMU that migrates. */
#ifndef MIGTRACE_GUEST_BPF_H
#define MIGTRACE_GUEST_BPF_H

#define GUEST_RUNS     1
#define GUEST_STOPPING 2
#define GUEST_HALTED   3
#define GUEST_STARTING                                                                             \
	4 /* and has started: until it is stopped, each vCPU is seen to start once                 \
	   */

/* Returns the current process's, which is made if it is not there and is_wanted. */
static __always_inline struct qemu *guest_current(int is_wanted)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	struct qemu *qemu = bpf_map_lookup_elem(&guests, &tgid), new = {.phase = GUEST_RUNS};

	if (qemu || !is_wanted)
		return qemu;
	new.tgid = id_current() >> 32;
	process_note();
	state_put(&guests, &tgid, &new, BPF_NOEXIST);
	return bpf_map_lookup_elem(&guests, &tgid);
}

/* Tells of the waits for pages that ended since the last time. */
static __always_inline void stalls_take(struct qemu *qemu, struct mt_migration_state *state)
{
	state->stalls = __sync_lock_test_and_set(&qemu->stalls, 0);
	state->stalled_ns = __sync_lock_test_and_set(&qemu->stalled_ns, 0);
	state->longest_stall_ns = __sync_lock_test_and_set(&qemu->longest_stall_ns, 0);
}

#define RAM_SHARE 16

/*
 * Returns whether to tell how far the guest's RAM is sent: as a pass begins, and in between each
 * time that a sixteenth more time has passed, so that a long migration is told of as finely as a
 * short one, and gives few events.
 */
static __always_inline int ram_is_due(struct qemu *qemu, __u64 pass)
{
	__u64 now = bpf_ktime_get_ns();

	if (!qemu)
		return pass != ~0ull;
	if (pass == ~0ull && (!qemu->ram_begun || now < qemu->ram_next))
		return 0;
	if (pass == 1 || !qemu->ram_begun)
		qemu->ram_begun = now;
	qemu->ram_next = now + (now - qemu->ram_begun) / RAM_SHARE;
	return 1;
}

#endif
