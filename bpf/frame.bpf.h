/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The self-test: whether a program's frame is on the stack of the task that it runs for. */
#ifndef MIGTRACE_FRAME_BPF_H
#define MIGTRACE_FRAME_BPF_H

__u64 frames_seen;     /* a bit for each enum mt_program that the self-test came to */
__u64 frames_on_stack; /* and of them, those whose frame is the task's own */

/* Returns a pointer as a number, which the verifier lets nobody calculate with otherwise. */
static __always_inline __u64 address_of(const void *pointer)
{
	__u64 address = 0;

	bpf_probe_read_kernel(&address, sizeof(address), &pointer);
	return address;
}

/* The registers that a uprobe's program is given are at the top of the task's stack. */
static __always_inline void frame_check(const void *regs, __u32 program)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u64 bottom = (__u64)BPF_CORE_READ(task, stack), frame = address_of(&bottom);

	__sync_fetch_and_or(&frames_seen, 1ull << program);
	if (frame > bottom && frame < address_of(regs))
		__sync_fetch_and_or(&frames_on_stack, 1ull << program);
}

#endif
