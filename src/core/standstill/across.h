/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Time that begins on one host and ends on the other. */
#ifndef MIGTRACE_CORE_STANDSTILL_ACROSS_H
#define MIGTRACE_CORE_STANDSTILL_ACROSS_H

#include "core/message/offset.h"
#include "core/match/migration.h"
#include "core/event/quantity.h"

/*
 * Returns how long it was from an instant of the source's clock to one of the destination's, of a
 * migration that has both sides and their clocks: the sum of the source's span up to what was
 * handed over, of the transfer, and of the destination's span since. The bounds hold for that sum,
 * and for the time that the source's clock showed: where the destination's has another rate, by
 * the drift that is known of it and what the snapshots of both say. Unknown where the destination's
 * contradict each other there.
 */
struct quantity across(const struct migration *migration, const struct clocks *clocks,
		       struct src_ns from, struct dst_ns to);

/* The same of instants that are not known to the ns. */
struct quantity across_instants(const struct migration *migration, const struct clocks *clocks,
				const struct src_instant *from, const struct dst_instant *to);

/* Returns how long it was between two of one clock, the first of which is not later. */
struct quantity span_of_instants(const struct instant *from, const struct instant *to,
				 const char *how);

#endif
