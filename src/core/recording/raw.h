/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From CLOCK_MONOTONIC, which is slewed, to CLOCK_MONOTONIC_RAW, which runs straight, and back. */
#ifndef MIGTRACE_CORE_RECORDING_RAW_H
#define MIGTRACE_CORE_RECORDING_RAW_H

#include <stdbool.h>
#include <stdint.h>

#include "core/recording/recording.h"

/* How much the rate of a host's CLOCK_MONOTONIC_RAW may be off. RFC 5905 takes no clock for one
 * that can be kept right which is off by more, nor do kernels: MAXFREQ. */
#define RAW_RATE_PPB 500000
/* To how many snapshots before the span that an instant is in raw_of() looks; behind it to one. */
#define RAW_SNAPSHOTS_BEFORE 8

/* What CLOCK_MONOTONIC_RAW showed at some instant: lo <= truth <= hi; lo > hi: it cannot be. */
struct raw_ns {
	int64_t lo, hi;
};

/* The same of CLOCK_MONOTONIC. */
struct mono_ns {
	int64_t lo, hi;
};

/*
 * Returns what the host's CLOCK_MONOTONIC_RAW showed when its CLOCK_MONOTONIC showed mono_ns, by
 * the snapshots around. Two of them give the average rate of the span between them, and the rate
 * at an instant in it is
 * - between the least and the most average of that span and the two beside it, if these three last
 *   for half a second at most: who slews the clock changes the rate once in that time at most, so
 *   that of a span in which it changed those beside it show the rates before and after;
 * - if these averages agree, or one of them is lacking: nowhere less than the least of them, or
 *   nowhere more than the most, as what was slewed to one side, and not back, shows in the average;
 * - else anything that the kernel allows, as before the first and after the last snapshot.
 * Snapshots that show more than the kernel allows contradict themselves. Takes O(log n).
 */
struct raw_ns raw_of(const struct recording *recording, int64_t mono_ns);

#define RAW_CONTRADICTS "one host's clock snapshots contradict each other"

/* Returns whether the snapshots allow the instant that raw_of() has given it for. */
static inline bool raw_is_possible(const struct raw_ns *raw)
{
	return raw->lo <= raw->hi;
}

/*
 * Returns what the host's CLOCK_MONOTONIC showed while its CLOCK_MONOTONIC_RAW showed what is in
 * raw, on the same terms: within [0, CLOCK_NS_MAX].
 */
struct mono_ns mono_of(const struct recording *recording, struct raw_ns raw);

/*
 * Returns the most by which a span of CLOCK_MONOTONIC between the two instants of it, or within,
 * may differ from what a right clock shows, on the same terms. from_ns <= to_ns.
 */
int64_t raw_slack_ns(const struct recording *recording, int64_t from_ns, int64_t to_ns);

#endif
