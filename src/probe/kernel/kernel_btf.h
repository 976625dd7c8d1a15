/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether the kernel's types describe a tracepoint, so that programs can be attached to
 * it by BTF. */
#ifndef MIGTRACE_PROBE_KERNEL_KERNEL_BTF_H
#define MIGTRACE_PROBE_KERNEL_KERNEL_BTF_H

#include <stdbool.h>

#define KERNEL_BTF "/sys/kernel/btf"

/*
 * Returns whether the types in that directory have the tracepoint: those of vmlinux, or those of
 * the module, which may not be loaded. NULL: it is in no module.
 */
bool kernel_btf_has(const char *directory, const char *module, const char *tracepoint);

#endif
