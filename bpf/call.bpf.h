/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Of the architecture: system calls by number, and where a task's registers have them. */
#ifndef MIGTRACE_CALL_BPF_H
#define MIGTRACE_CALL_BPF_H

#if defined(__TARGET_ARCH_x86)
#define CALL_POLL	     7
#define CALL_IOCTL	     16
#define CALL_NANOSLEEP	     35
#define CALL_FUTEX	     202
#define CALL_CLOCK_NANOSLEEP 230
#define CALL_PPOLL	     271
#define CALL_EPOLL_PWAIT     281
#define REGISTERS	     struct pt_regs___x86
#define REGISTER_CALL	     orig_ax
#define REGISTER_SECOND	     si
#define REGISTER_FOURTH	     r10
#else
#define CALL_EPOLL_PWAIT     22
#define CALL_IOCTL	     29
#define CALL_PPOLL	     73
#define CALL_POLL	     CALL_PPOLL /* it has no other */
#define CALL_FUTEX	     98
#define CALL_NANOSLEEP	     101
#define CALL_CLOCK_NANOSLEEP 115
#define REGISTERS	     struct pt_regs___arm64_call
#define REGISTER_CALL	     syscallno
#define REGISTER_SECOND	     regs[1]
#define REGISTER_FOURTH	     regs[3]
#endif

/* Returns the number of the system call that the task is in; a fault of its own code is none. */
static __always_inline __u32 call_of(struct task_struct *task)
{
	const REGISTERS *regs = (const REGISTERS *)bpf_task_pt_regs(task);

	return (__u32)BPF_CORE_READ(regs, REGISTER_CALL);
}

#endif
