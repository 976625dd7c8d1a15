/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of guests that migrate is watched for as long: their network interfaces, and their disks. */
#ifndef MIGTRACE_PROBE_KERNEL_SUBJECTS_H
#define MIGTRACE_PROBE_KERNEL_SUBJECTS_H

#include "probe/kernel/disk_programs.h"
#include "probe/kernel/net_programs.h"

enum subject { SUBJECT_NET, SUBJECT_DISK, SUBJECTS };

struct subjects {
	struct net_programs net;
	struct disk_programs disk;
};

/* Watches those of that QEMU, which migrates; nothing where the number is none of a subject. */
void subjects_begin(struct subjects *subjects, uint32_t subject, pid_t pid,
		    struct watch_found *found);

/* Watches that one no more; what it had seen stays until another one is in its place. */
void subjects_end(struct subjects *subjects, uint32_t subject, uint32_t index);

/* Watches none. */
void subjects_detach(struct subjects *subjects);

#endif
