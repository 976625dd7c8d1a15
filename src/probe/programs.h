/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The BPF programs: which of them a site's hits go to, and which of their runs the kernel skipped.
 */
#ifndef MIGTRACE_PROBE_PROGRAMS_H
#define MIGTRACE_PROBE_PROGRAMS_H

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

/* Returns how many runs the kernel skipped, or MISSED_UNKNOWN. */
uint64_t program_missed(const struct bpf_program *prog);

/* Returns how many hits the kernel skipped; at least 1 where it does not say. */
uint64_t programs_missed(const struct bpf_object *object);

#endif
