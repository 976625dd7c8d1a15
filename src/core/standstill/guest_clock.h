/* SPDX-License-Identifier: GPL-2.0-or-later */
/* By how much the guest's own clocks are behind after its move. */
#ifndef MIGTRACE_CORE_STANDSTILL_GUEST_CLOCK_H
#define MIGTRACE_CORE_STANDSTILL_GUEST_CLOCK_H

#include "core/event/quantity.h"
#include "core/match/migration.h"
#include "core/message/offset.h"

/*
 * A clock goes on at the destination from what it showed when the source's QEMU read it: it is
 * behind by the time between the two. QEMU hands on the TSC, and where it has KVM, KVM's clock for
 * guests.
 */
struct guest_clock {
	struct quantity tsc_lag, kvmclock_lag;
};

/* Returns that neither is known, for that reason (static). */
struct guest_clock guest_clock_unknown(const char *why);

/* stopped_ns: when the source's QEMU had stopped the guest for the switchover; 0: not seen. */
struct guest_clock guest_clock_of(const struct migration *migration, const struct clocks *clocks,
				  int64_t stopped_ns);

#endif
