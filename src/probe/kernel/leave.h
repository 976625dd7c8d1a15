/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Closes what takes the kernel long to close, while we go on. */
#ifndef MIGTRACE_PROBE_KERNEL_LEAVE_H
#define MIGTRACE_PROBE_KERNEL_LEAVE_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Closes them in a process of its own, which may outlive us and holds nothing else. Returns its
 * pid; or 0, with a line on stderr, where they had to be closed here, and are.
 */
pid_t leave_fds(const int *fds, size_t count);

#endif
