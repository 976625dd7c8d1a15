/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libvirt itself says of a migration: the output of virsh domjobinfo --rawstats. */
#ifndef MIGTRACE_REPORT_VIRSH_STATS_H
#define MIGTRACE_REPORT_VIRSH_STATS_H

#include "core/recording/reported.h"

/* Reads the file at path. Returns 0, or -errno with one line on stderr. */
int reported_read(const char *path, struct reported *reported);

#endif
