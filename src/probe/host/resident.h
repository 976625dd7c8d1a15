/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much memory a process has touched: of a QEMU, what its guest has, and some of its own. */
#ifndef MIGTRACE_PROBE_HOST_RESIDENT_H
#define MIGTRACE_PROBE_HOST_RESIDENT_H

#include <stdint.h>
#include <sys/types.h>

/*
 * Returns the bytes of the process's memory that are there, be they its own, shared, or huge pages,
 * or swapped out; UINT64_MAX where that cannot be read.
 */
uint64_t resident_bytes(pid_t pid);

#endif
