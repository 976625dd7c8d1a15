/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The clocks of a simulated host, as functions of the true time: they drift, wander, are slewed,
 * and jump. */
#ifndef MIGTRACE_TESTS_CLOCKS_H
#define MIGTRACE_TESTS_CLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define MS	  INT64_C(1000000)
#define START_NS  INT64_C(200000000000000000) /* what simulation.c takes for the beginning */
#define JUMPS_MAX 16

/* A clock as a function of another one: a line of pieces, each with its rate against that. */
struct piece {
	int64_t from_ns, at_ns, ppb;
};

struct curve {
	struct piece *piece;
	size_t count, room;
};

/* Both clocks, from then on. */
struct jump {
	int64_t true_ns, by_ns;
};

/* The raw clock is one of the true time, CLOCK_MONOTONIC one of the raw one. */
struct host_clocks {
	int64_t raw_ahead_ns, drift_ppb;
	struct curve raw, mono;
	struct jump jump[JUMPS_MAX];
	size_t jumps;
};

/* Begins clocks with a drift of their own; clocks_free() frees. */
void clocks_begin(struct host_clocks *clocks, uint64_t *rng);

void clocks_free(struct host_clocks *clocks);

/* The drift wanders, and where is_slewed an adjustment goes on and off, in that time; what is added
 * lies behind what was. */
void clocks_wander(struct host_clocks *clocks, uint64_t *rng, int64_t from_ns, int64_t until_ns,
		   bool is_slewed);

void clocks_jump(struct host_clocks *clocks, int64_t true_ns, int64_t by_ns);

/* Return what they show at the true time. */
int64_t clocks_raw(const struct host_clocks *clocks, int64_t true_ns);
int64_t clocks_mono(const struct host_clocks *clocks, int64_t true_ns);

/* A recorder looks at them: the two looks at CLOCK_MONOTONIC are bracket_ns apart. */
void clocks_look(FILE *out, const struct host_clocks *clocks, int64_t true_ns, int64_t bracket_ns);

#endif
