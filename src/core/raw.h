/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From CLOCK_MONOTONIC, which is slewed, to CLOCK_MONOTONIC_RAW, which runs straight. */
#ifndef MIGTRACE_CORE_RAW_H
#define MIGTRACE_CORE_RAW_H

#include <stdbool.h>
#include <stdint.h>

#include "core/recording.h"

/* How much the rate of CLOCK_MONOTONIC_RAW may be off: a counter's calibration, per host. */
#define RAW_RATE_PPB 250000
/* How much the rates of two of them may change against each other while a migration runs. */
#define RAW_WANDER_PPB 1000

/* What CLOCK_MONOTONIC_RAW showed at some instant: lo <= truth <= hi; lo > hi: it cannot be. */
struct raw_ns {
	int64_t lo, hi;
};

/*
 * Returns what the host's CLOCK_MONOTONIC_RAW showed when its CLOCK_MONOTONIC showed mono_ns, by
 * the snapshots around. Between two of them the rate is taken to stay within the average rates of
 * that span and of the spans next to it: whoever slews the clock changes the rate less often than
 * the clocks are looked at. Before the first and after the last snapshot it may be anything that
 * the kernel allows. Snapshots that show more than that contradict themselves. Takes O(log n).
 */
struct raw_ns raw_of(const struct recording *recording, int64_t mono_ns);

/*
 * Returns the most by which the raw clock's rate, as seen from CLOCK_MONOTONIC, differed from 1
 * between the two instants of the latter, in parts per 10^9, on the same terms.
 */
int64_t raw_rate_ppb(const struct recording *recording, int64_t from_ns, int64_t to_ns);

#endif
