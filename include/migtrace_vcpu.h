/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a vCPU's time went, as the BPF programs and the recorder share it. */
#ifndef MIGTRACE_VCPU_H
#define MIGTRACE_VCPU_H

#include <linux/types.h>

#define MT_VCPUS      512 /* that are watched at once on a host */
#define MT_VCPU_NAME  16
#define MT_WAIT_TIMES 24 /* by their powers of two, us: the last one is of all that are longer */

/* What its thread does, or waits for. */
enum mt_vcpu_time {
	MT_VCPU_ON_CPU = 0,
	MT_VCPU_RUNNABLE = 1,  /* wants a CPU, and has none */
	MT_VCPU_THROTTLED = 2, /* sleeps for a while in QEMU, which slows it down */
	MT_VCPU_HALTED = 3,    /* the guest has nothing for it to do */
	MT_VCPU_FAULT = 4,   /* sleeps in KVM, and is not halted: the guest's memory is not there */
	MT_VCPU_IN_QEMU = 5, /* sleeps there: its lock, a device */
	MT_VCPU_TIMES
};

/*
 * The sums are of all since begun_ns that the guest ran, until since_ns. Who writes makes seq odd
 * before, and even behind.
 */
struct mt_vcpu {
	__u32 seq;
	__u32 is_used; /* the recorder clears it, when it has read the last of it */
	__u32 tgid;    /* as the recorder has them */
	__u32 tid;
	char name[MT_VCPU_NAME]; /* of the thread, which QEMU gave it: CPU 0/KVM */
	__u64 begun_ns;
	__u64 since_ns;
	__u32 does;   /* since then: enum mt_vcpu_time */
	__u32 was;    /* what it did before it was on its CPU, and for how long: as it is counted */
	__u64 was_ns; /* already, of which some may be another's */
	__u64 delay_ns;	 /* the kernel's own sum of its waits for a CPU, as it gave its CPU up */
	__u64 quota_sum; /* for how long its groups were throttled in all, then */
	__u64 time_ns[MT_VCPU_TIMES];
	__u64 quota_ns; /* of runnable: at most, for want of its groups' quota; all bits: unknown */
	__u32 faults[MT_WAIT_TIMES]; /* how many of them were as long */
};

#endif
