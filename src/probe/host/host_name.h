/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The name of the host that a process is on: of its UTS namespace, which is not entered for it. */
#ifndef MIGTRACE_PROBE_HOST_HOST_NAME_H
#define MIGTRACE_PROBE_HOST_HOST_NAME_H

#include <sys/types.h>

#include "core/recording/recording.h"

/* Who asks the kernel for them. */
struct host_names;

/* Returns it, without having asked; or NULL with errno. host_names_free() frees. */
struct host_names *host_names_new(void);

/* Writes the name; "" where the process has ended, or may not be looked at, or names is NULL. */
void host_name_of(struct host_names *names, pid_t pid, char name[HOST_NAME]);

/* NULL is none. */
void host_names_free(struct host_names *names);

#endif
