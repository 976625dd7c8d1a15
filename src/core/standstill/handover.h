/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parts of the hand-over between the hosts: what either one did of it, and what was on the way. */
#ifndef MIGTRACE_CORE_STANDSTILL_HANDOVER_H
#define MIGTRACE_CORE_STANDSTILL_HANDOVER_H

#include "core/standstill/breakdown.h"

#define HANDOVER_PARTS 5

struct handover {
	const struct migration *migration;
	const struct quantity *transfer; /* that is known */
	bool is_blackout;		 /* the guest's vCPUs could not run in it */
	struct spans
		*spans[2]; /* of each side's threads, by enum role; NULL: something is lacking */
};

/* Writes its parts, which add up to the transfer, in order of time. Returns how many they are. */
size_t handover_find(const struct handover *handover, struct part parts[HANDOVER_PARTS]);

#endif
