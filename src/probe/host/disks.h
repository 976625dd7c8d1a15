/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The disks of a QEMU: the ids of their devices. */
#ifndef MIGTRACE_PROBE_HOST_DISKS_H
#define MIGTRACE_PROBE_HOST_DISKS_H

#include <stddef.h>
#include <sys/types.h>

#include "migtrace_disk.h"

#define DISKS_OF_ONE 31 /* QEMU; of more, others are not looked at */

/*
 * Writes the ids of those that its command line has: all but those that were plugged in later.
 * Returns how many there are. What others wrote is read by a process that can do nothing else.
 */
size_t disks_find(pid_t pid, char ids[DISKS_OF_ONE][MT_DISK_ID]);

#endif
