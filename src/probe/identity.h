/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which host a daemon takes itself for: its host name and libvirt's UUID of the host. */
#ifndef MIGTRACE_PROBE_IDENTITY_H
#define MIGTRACE_PROBE_IDENTITY_H

#include <sys/types.h>

#include "core/recording.h"

/* Returns what can be found out about the daemon; the rest is "". */
struct daemon daemon_identify(pid_t pid);

#endif
