/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The BPF programs: which of them a site's hits go to, and which of their runs
 * the kernel skipped. */
#ifndef MIGTRACE_PROBE_KERNEL_PROGRAMS_H
#define MIGTRACE_PROBE_KERNEL_PROGRAMS_H

#include <stdint.h>

#include "migtrace_event.h"

struct bpf_object;
struct bpf_program;

/* Returns which program the site's hits go to. */
enum mt_program program_of(const struct mt_site *site);

/* Has the uprobes' programs loaded for multi links. */
void programs_for_multi(struct bpf_object *object);

/* For tests: a kernel gives a program a private stack unless it has a tail call. */
void program_without_tail_calls(struct bpf_program *prog);

/* Where the kernel tells how many runs of the programs it skipped, as files. */
struct infos;

/*
 * Opens them, as long as that is allowed: they can be read also without any privilege, while the
 * process that loaded the programs holds them. Returns NULL without memory; infos_free() frees.
 */
struct infos *infos_new(const struct bpf_object *object, const struct bpf_program *kvm);

/* Returns how many exits from KVM the kernel skipped, or MISSED_UNKNOWN. */
uint64_t infos_missed_kvm(const struct infos *infos);

/* Returns how many hits of uprobes the kernel skipped; at least 1 where it does not say. */
uint64_t infos_missed(const struct infos *infos);

/* NULL is allowed. */
void infos_free(struct infos *infos);

#endif
