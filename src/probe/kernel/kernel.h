/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which kernel features that probing needs are available. */
#ifndef MIGTRACE_PROBE_KERNEL_KERNEL_H
#define MIGTRACE_PROBE_KERNEL_KERNEL_H

#include <stdbool.h>
#include <stddef.h>

#include "probe/kernel/load_reason.h"

struct kernel_feature {
	const char *name;
	const char *without; /* what it costs if the kernel lacks it */
	bool is_vital;
	bool is_known; /* else it could not be tried, for lack of privileges */
	bool is_there;
	char why[LOAD_REASON_SIZE]; /* it is not; "" where its name says it all */
};

#define KERNEL_FEATURES 12

/* Tries the features; nothing stays attached. */
void kernel_features(struct kernel_feature features[KERNEL_FEATURES]);

/* Writes why the programs were not loaded, but -errno returned: by what libbpf said last. */
void kernel_load_reason(int err, char reason[LOAD_REASON_SIZE]);

/* Returns whether the kernel tells its types, without which no program of ours can be loaded. */
bool kernel_has_btf(void);

/* Returns whether programs can be attached to the tracepoint of TCP's states by BTF. */
bool kernel_has_tp_btf(void);

/* The same for that of KVM's returns from a guest; where KVM is a module, it has to be loaded. */
bool kernel_has_kvm_exit(void);

/* The same for that of the offsets that KVM gives guests' TSCs: x86's alone has it. */
bool kernel_has_tsc(void);

/* The same for those of the scheduler. */
bool kernel_has_sched(void);

/* The same for those of the network: frames that are received, sent, taken and dropped. */
bool kernel_has_net(void);

/* The same for those of vCPUs: the scheduler's switches, and KVM's ends of a halt. */
bool kernel_has_vcpus(void);

/* Returns whether many probes can be attached by one link; no privilege is needed to ask. */
bool kernel_has_multi(void);

/*
 * Returns whether such a link can be of one process with all its threads: before 6.10 the kernel
 * takes it to be of the thread of that number (mended by 46ba0e49b642).
 */
bool kernel_multi_knows_threads(void);

/*
 * Returns whether probes on 5-byte nops are safe, which x86-64 alone has. Linux 6.18 to 7.1
 * replaces such a nop by a call, which writes to the 128 bytes below the stack pointer that the
 * function may be using (mended in 7.2, libbpf b0144b0).
 */
bool kernel_nop5_is_safe(void);

#endif
