/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The programs that see where vCPUs' time goes: attached while some of them are watched. */
#include "probe/kernel/vcpu_programs.h"

#include <stddef.h>

#define TRIES 100

void vcpu_programs_watch(struct vcpu_programs *programs, bool is_wanted)
{
	*programs->are_watched = is_wanted && optional_attach(&programs->links);
	if (is_wanted)
		return;
	optional_detach(&programs->links);
	for (size_t i = 0; i < MT_VCPUS; i++)
		if (programs->vcpus[i].is_used)
			programs->vcpus[i].is_used = 0;
}

bool vcpu_read(const struct mt_vcpu *vcpu, struct mt_vcpu *copy)
{
	for (int i = 0; i < TRIES; i++) {
		__u32 seq = __atomic_load_n(&vcpu->seq, __ATOMIC_ACQUIRE);

		if (seq & 1)
			continue;
		*copy = *vcpu;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (__atomic_load_n(&vcpu->seq, __ATOMIC_RELAXED) == seq)
			return copy->is_used;
	}
	return false;
}
