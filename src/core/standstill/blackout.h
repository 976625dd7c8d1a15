/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When the guest's CPUs could not run: of each vCPU, and of all. */
#ifndef MIGTRACE_CORE_STANDSTILL_BLACKOUT_H
#define MIGTRACE_CORE_STANDSTILL_BLACKOUT_H

#include <stddef.h>

#include "core/side/qemu.h"
#include "core/message/offset.h"
#include "core/match/migration.h"
#include "core/event/quantity.h"

#define VCPUS_MAX 512

struct vcpu {
	int index; /* from 0 on, as QEMU counts them */
	/* Its thread in QEMU was seen to leave the guest, or to go into it; when it did is known
	 * where also KVM was seen to come back from it, or there is none. */
	bool is_stopped, is_started;
	struct src_instant stop;
	struct instant start; /* of the host's where it was started */
	struct quantity blackout;
};

/*
 * The whole machine's: from the last vCPU's stop to the first one's start. Where one of them was
 * not seen to stop, all had by QEMU's run state; where one was not seen to start, none had before
 * they were released.
 */
struct blackout {
	struct src_instant stop;
	struct instant start; /* of the destination's clock, unless is_started_on_source */
	int64_t stopped_ns, released_ns; /* by QEMU's run state, and its word to the vCPUs */
	bool is_by_kvm;	 /* KVM came back from the guest, else QEMU's thread has left it */
	const char *why; /* one of them is not known, static; or NULL */
	struct vcpu vcpu[VCPUS_MAX];
	size_t count;
	bool is_started_on_source; /* it could not be moved: both are of the source's clock */
};

/* Returns what both QEMUs reported; blackout_time() is to be asked for durations. */
void blackout_find(const struct migration *migration, struct blackout *blackout);

/*
 * Returns how long no vCPU could run, and sets each vCPU's own time. clocks as for across(); not
 * needed where the guest was started on the source again.
 */
struct quantity blackout_time(const struct migration *migration, const struct clocks *clocks,
			      struct blackout *blackout);

#endif
