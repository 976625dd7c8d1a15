/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The system calls that are left to a process, by libseccomp. */
#ifndef MIGTRACE_SANDBOX_FILTER_H
#define MIGTRACE_SANDBOX_FILTER_H

#include "sandbox/confine.h"

/* Leaves the process what the confinement needs: all else fails with EPERM. Returns 0 or -errno. */
int filter_load(enum confinement confinement);

#endif
