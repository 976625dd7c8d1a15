/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the programs know a guest that migrates, and what of it is watched. */
#ifndef MIGTRACE_PROBE_KERNEL_GUEST_TGID_H
#define MIGTRACE_PROBE_KERNEL_GUEST_TGID_H

#include <stdint.h>
#include <sys/types.h>

struct bpf_object;

#define WATCHED_OF_ONE 32 /* QEMU, of one kind */

/* Which places, of those that the programs share with the recorder, are a guest's. */
struct watch_found {
	uint32_t count;
	uint32_t index[WATCHED_OF_ONE];
};

/*
 * Returns the kernel's number of that process, which need not be the one that we see; 0 where it is
 * no QEMU that migrates.
 */
uint32_t guest_tgid(const struct bpf_object *object, pid_t pid);

#endif
