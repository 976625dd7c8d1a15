/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who a process is: the host that a daemon takes itself for, the domain that a QEMU runs. */
#ifndef MIGTRACE_PROBE_HOST_IDENTITY_H
#define MIGTRACE_PROBE_HOST_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "core/recording/recording.h"
#include "probe/host/host_name.h"

/* Returns what can be found out about the daemon; the rest is "". */
struct daemon daemon_identify(struct host_names *names, pid_t pid);

/* Returns what the file of a command line has, up to 64 KiB with a NUL behind it, to be freed; NULL
 * without memory. */
char *command_line_read(FILE *file, size_t *size);

/*
 * Tells the UUID of the domain that a QEMU runs, as libvirt gave it on the command line (-uuid).
 * Returns whether there is one; the process itself may have written over its command line.
 */
bool guest_uuid(pid_t pid, uint8_t uuid[16]);

#endif
