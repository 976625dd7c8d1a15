/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tells the BPF programs which QMP commands and events may be recorded: all others stay in the
 * kernel. */
#ifndef MIGTRACE_PROBE_KERNEL_ALLOW_H
#define MIGTRACE_PROBE_KERNEL_ALLOW_H

struct bpf_map;

/* Fills the maps by core/event/qmp.h. Returns 0 or -errno. */
int names_allow(struct bpf_map *commands, struct bpf_map *events);

#endif
