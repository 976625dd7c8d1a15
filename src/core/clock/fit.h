/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The exact bounds on the offset and the drift between two clocks that run straight for a while. */
#ifndef MIGTRACE_CORE_CLOCK_FIT_H
#define MIGTRACE_CORE_CLOCK_FIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/clock/clock.h"

/*
 * The destination's clock y as a function of the source's x: y = a * x + b + e(x), where
 * |a - 1| <= rate_ppb / 10^9, |e'| <= wander_ppb / 10^9 and e is 0 at the instant asked for.
 * theta = y - x is the offset, a - 1 the drift. A message sent forward at x = s and received at
 * y = r says y(s) <= r; one sent back at y = u and received at x = v says y(v) >= u.
 *
 * The lines that obey all messages are a polygon in the plane of offset and drift, and the bounds
 * are its extreme corners: a linear program in two variables, solved here in integers (convex hull
 * method: Duda, Harrus, Haddad and Bernard 1987; LTTV's calculateFactorsExact). A stamp is taken as
 * exact: who reads a clock that ticks in steps moves the later stamp of a message by one step.
 */
struct fit;

/* The most by which the two clocks' rates may differ or wander, parts per 10^9. */
#define FIT_PPB_MAX 200000000

/* Messages (by the numbers that fit_add() was given) which, alone, prove a bound or contradict. */
struct fit_evidence {
	size_t count; /* at most 2 for a bound, 3 for a contradiction */
	size_t index[3];
	bool needs_rate; /* together with the limit on the rate */
};

/*
 * What is known at one instant. BOUNDED: all holds. UNBOUNDED: an end without messages is INT64_MIN
 * or INT64_MAX, without evidence, and the rest holds. INCONSISTENT: there are no numbers; the
 * messages in contradiction cannot all be true. All ends are rounded outward to the unit.
 */
struct fit_offset {
	enum clock_verdict verdict;
	int64_t lo_ns, hi_ns;		    /* theta */
	int64_t drift_lo_ppb, drift_hi_ppb; /* of the destination's clock, + if it is the faster */
	struct fit_evidence lower, upper;   /* of lo_ns and hi_ns */
	struct fit_evidence contradiction;
};

/* Returns an empty fit, which fit_free() frees, or NULL without memory. */
struct fit *fit_create(void);

/* Frees the fit; NULL is fine. */
void fit_free(struct fit *fit);

/*
 * Adds a message, in any order; index is the caller's name for it. The message is not kept, but its
 * stamps are if they may still bind: memory is that of the two convex hulls (see hull_add()), time
 * O(log n). Returns 0, -ERANGE for a stamp outside of [0, CLOCK_NS_MAX], or -ENOMEM; in both cases
 * the fit is as before.
 */
int fit_add(struct fit *fit, const struct clock_message *message, size_t index);

/*
 * Returns offset and drift at instant x0 of the source's clock. With wander_ppb 0 they are those of
 * the linear program over all messages. With more, a message counts for its distance from x0 times
 * the wander less, rounded up to 1 ns, and the answer may be wider than all messages would make it:
 * of those that are no vertices of the hull, one between the two vertices next to x0 could bind.
 *
 * A rate or wander outside of [0, FIT_PPB_MAX] or an instant outside of [0, CLOCK_NS_MAX] is
 * answered by UNBOUNDED without any number. The fit changes only in what it keeps.
 */
struct fit_offset fit_offset_at(struct fit *fit, int64_t rate_ppb, int64_t wander_ppb,
				struct src_ns x0);

/*
 * The same at the instant when the destination's clock shows y0. It is the same program with the
 * axes exchanged: theta as a function of y is a line, too, of slope 1 - 1/a. With wander_ppb 0 it
 * is as exact; otherwise wander counts by its worst case, at the slowest a that the rate allows.
 */
struct fit_offset fit_offset_at_dst(struct fit *fit, int64_t rate_ppb, int64_t wander_ppb,
				    struct dst_ns y0);

#endif
