/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs that are attached by BTF, and can be done without. */
#ifndef MIGTRACE_PROBE_KERNEL_OPTIONAL_H
#define MIGTRACE_PROBE_KERNEL_OPTIONAL_H

#include <stdbool.h>
#include <bpf/libbpf.h>

enum optional {
	OPTIONAL_TCP,
	OPTIONAL_KVM,
	OPTIONAL_SCHED, /* two, of which one without the other says nothing */
	OPTIONAL,
};

/* {0}: none was refused by the kernel, which the rest must not suffer from. */
struct refusals {
	bool is_refused[OPTIONAL];
};

/* Returns whether the kernel has what they are attached to, and has not refused them. */
bool optional_may(const struct refusals *refusals, enum optional optional);

/* Has those loaded that may be. */
void optional_autoload(const struct refusals *refusals, const struct bpf_object *object);

/* Returns whether it was one of them that was not loaded, and not tried before, by libbpf's log. */
bool optional_refuse(struct refusals *refusals, const char *log);

#endif
