/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The programs that guests run in, by which the BPF programs know a QEMU of any name. */
#ifndef MIGTRACE_PROBE_KERNEL_EMULATOR_H
#define MIGTRACE_PROBE_KERNEL_EMULATOR_H

struct bpf_map;
struct daemon_file;

/*
 * Notes in the map that processes which run the file are QEMUs, if it is one's. Without that TCP's
 * states are seen of those with the usual names alone.
 */
void emulator_note(const struct bpf_map *map, const struct daemon_file *file);

#endif
