/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How simulated recordings are read, and whether the truth is inside what is told of them. */
#ifndef MIGTRACE_TESTS_TOLD_H
#define MIGTRACE_TESTS_TOLD_H

#include <stdbool.h>
#include <stddef.h>

#include "clocks.h"
#include "core/figures/figures.h"
#include "core/match/correlator.h"
#include "simulation.h"

/* The clocks of a migration's two hosts. */
struct clock_pair {
	const struct host_clocks *source, *destination;
};

/* Reads a recording's text, which it frees. Returns the recording, which is the correlator's. */
struct recording *recording_told(struct correlator *correlator, char *text, size_t size);

/* Returns how long CLOCK_MONOTONIC showed that the time between was. */
int64_t mono_span(const struct host_clocks *clocks, int64_t from_ns, int64_t to_ns);

/* Return how far the destination's clock was ahead as Finish was entered, and how long the
 * hand-over took by the source's raw clock. */
int64_t true_offset(const struct clock_pair *pair, const struct truth *truth);
int64_t true_transfer(const struct clock_pair *pair, const struct truth *truth);

/* Return whether these can be true; the figures but for the offset. */
bool offset_holds(const struct clock_pair *pair, const struct truth *truth,
		  const struct figures *figures);
bool spans_hold(const struct clock_pair *pair, const struct truth *truth,
		const struct figures *figures);

#endif
