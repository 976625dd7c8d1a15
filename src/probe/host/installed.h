/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is installed and may be started: probed before any process runs it, so that its first call
 * is seen. */
#ifndef MIGTRACE_PROBE_HOST_INSTALLED_H
#define MIGTRACE_PROBE_HOST_INSTALLED_H

#include "probe/host/daemons.h"

/* Adds the QEMUs that the daemon of that pid may start. */
void installed_add_qemus(struct daemons *daemons, pid_t pid);

/* Adds the libvirt of our own root, and the QEMUs that it may start. */
void installed_add_libvirt(struct daemons *daemons);

/* Returns what is readable when something is installed where those are; -1 where that cannot be
 * seen. */
int installed_watch(void);

/* Takes what was installed. Returns whether it is one of those files. */
bool installed_changed(int watch);

#endif
