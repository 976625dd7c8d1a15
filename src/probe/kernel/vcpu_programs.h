/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The programs that see where vCPUs' time goes: attached while some of them are watched. */
#ifndef MIGTRACE_PROBE_KERNEL_VCPU_PROGRAMS_H
#define MIGTRACE_PROBE_KERNEL_VCPU_PROGRAMS_H

#include <stdbool.h>

#include "migtrace_vcpu.h"
#include "probe/kernel/optional.h"

struct vcpu_programs {
	struct optional_links links;
	struct mt_vcpu *vcpus; /* MT_VCPUS, the programs' own: whoever has forked sees them, too */
	int *are_watched;
};

/* Sees those of all guests that migrate from now on, or no more; nothing happens where it cannot.
 */
void vcpu_programs_watch(struct vcpu_programs *programs, bool is_wanted);

/* Returns whether the copy is of one instant, and the vCPU's at that place. */
bool vcpu_read(const struct mt_vcpu *vcpu, struct mt_vcpu *copy);

#endif
