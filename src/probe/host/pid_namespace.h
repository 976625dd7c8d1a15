/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose process ids ours are: in a container they are other than the kernel's own. */
#ifndef MIGTRACE_PROBE_HOST_PID_NAMESPACE_H
#define MIGTRACE_PROBE_HOST_PID_NAMESPACE_H

#include <stdint.h>

/*
 * Returns 0 and the inode number of our PID namespace, 0 for the initial one; or -EXDEV where /proc
 * shows the processes of another one, so that no pid would be that of whom it names.
 */
int pid_namespace_get(uint32_t *inode);

#endif
