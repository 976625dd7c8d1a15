/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of a process may be looked at, and that some may not. */
#ifndef MIGTRACE_PROBE_HOST_UNSEEN_H
#define MIGTRACE_PROBE_HOST_UNSEEN_H

#include "probe/host/daemons.h"

/* Returns whether the errno says that we lack the rights. */
bool is_refusal(int err);

/* Notes that we may not look at a process: some are closed even to those who may see all others. */
void process_unseen(struct daemons *daemons, pid_t pid, int err);

/* Returns the inode number of the process's namespace, 0 if it has ended or may not be seen. */
uint32_t namespace_of(struct daemons *daemons, pid_t pid, const char *kind);

#endif
