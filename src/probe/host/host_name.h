/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The name of the host that a process is on: of its UTS namespace, which is not entered for it. */
#ifndef MIGTRACE_PROBE_HOST_HOST_NAME_H
#define MIGTRACE_PROBE_HOST_HOST_NAME_H

#include <sys/types.h>

#include "core/recording/recording.h"

/* Writes the name; "" where the process has ended, or may not be looked at. */
void host_name_of(pid_t pid, char name[HOST_NAME]);

#endif
