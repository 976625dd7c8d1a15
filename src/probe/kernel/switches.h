/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The programs that see the scheduler's switches: attached and detached while others stay. */
#ifndef MIGTRACE_PROBE_KERNEL_SWITCHES_H
#define MIGTRACE_PROBE_KERNEL_SWITCHES_H

#include <stdbool.h>
#include <bpf/libbpf.h>

/* {0}: detached. */
struct switches {
	struct bpf_link *switched, *woken;
};

/* Returns whether both are attached: without them it is not known what threads waited for. */
bool switches_attach(struct switches *switches, const struct bpf_object *object);

void switches_detach(struct switches *switches);

#endif
