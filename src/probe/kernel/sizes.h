/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much the BPF programs can keep: from the number of CPUs and of daemons. */
#ifndef MIGTRACE_PROBE_KERNEL_SIZES_H
#define MIGTRACE_PROBE_KERNEL_SIZES_H

#include <stdint.h>

struct bpf_object;

/*
 * Sets the sizes of the maps before the object is loaded; all to entries where that is not 0, as
 * tests want it. Returns 0 or -errno.
 */
int sizes_set(struct bpf_object *object, uint32_t daemons, uint32_t entries);

#endif
