/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The probes that see requests of guests' disks: attached to a QEMU while its disks are watched. */
#ifndef MIGTRACE_PROBE_KERNEL_DISK_PROGRAMS_H
#define MIGTRACE_PROBE_KERNEL_DISK_PROGRAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "migtrace_disk.h"
#include "probe/kernel/attach.h"
#include "probe/kernel/guest_tgid.h"
#include "probe/kernel/probed.h"

struct bpf_object;
struct bpf_program;

/* A QEMU to which they are attached. */
struct disk_guest {
	uint32_t tgid; /* the kernel's; 0: none */
	size_t disks;  /* that are watched */
	struct attachments attachments;
};

struct disk_programs {
	const struct bpf_object *object;
	const struct bpf_program *program;
	const struct probed *probed;
	enum attach_way way;
	struct mt_disk *disks; /* MT_DISKS, the programs' own: whoever has forked sees them, too */
	bool is_used[MT_DISKS];
	uint32_t generation;
	struct disk_guest guests[MT_DISKS];
};

/* Watches the disks of that QEMU, which migrates, and one more, without an id: requests of which
 * the disk is not known. Those that cannot be are left out. */
void disk_programs_begin(struct disk_programs *programs, pid_t pid, struct watch_found *found);

/* Watches that one no more; what it had seen stays until another one is in its place. */
void disk_programs_end(struct disk_programs *programs, uint32_t index);

/* Detaches from all. */
void disk_programs_detach(struct disk_programs *programs);

#endif
