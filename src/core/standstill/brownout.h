/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vCPU time that a guest lost while it ran, before its stop and after its start, by cause. */
#ifndef MIGTRACE_CORE_STANDSTILL_BROWNOUT_H
#define MIGTRACE_CORE_STANDSTILL_BROWNOUT_H

#include <stddef.h>

#include "core/event/quantity.h"
#include "core/match/migration.h"
#include "core/standstill/blackout.h"

/* Sums of all vCPUs, of one host's clock. Strings are static. */
struct spent {
	const char *why_unknown; /* NULL: it is known */
	size_t vcpus;
	struct quantity watched;	     /* while the guest ran: the sum of what follows */
	struct quantity time[MT_VCPU_TIMES]; /* by enum mt_vcpu_time */
	struct quantity quota; /* of MT_VCPU_RUNNABLE: for want of a CPU group's quota */
	struct quantity lost;  /* neither on a CPU, nor halted */
};

struct brownout {
	struct spent before, after; /* the stop on the source, the start on the destination */
};

/* Finds it out; vcpus has all of which a stop or a start was seen. */
void brownout_find(const struct migration *migration, const struct blackout *vcpus,
		   struct brownout *brownout);

#endif
