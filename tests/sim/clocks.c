/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The clocks of a simulated host, as functions of the true time: they drift, wander, are slewed,
 * and jump. */
#include "clocks.h"

#include <stdlib.h>
#include <string.h>

#include "record/write.h"
#include "simulation.h"

#define YEARS_10    INT64_C(315360000000000000)
#define SLEW_LO_PPB 80000000 /* what chrony may do, up to what any tick allows */
#define SLEW_HI_PPB 100000000
#define APART_NS    (500 * MS)
#define DRIFT_PPB   495000 /* with the wander the most that core/message/offset.h has */
#define WANDER_PPB  5000

static int64_t scaled(int64_t ns, int64_t ppb)
{
	return ns + (int64_t)((__int128)ns * ppb / 1000000000);
}

static int64_t curve_at(const struct curve *curve, int64_t ns)
{
	size_t lo = 0, hi = curve->count;
	const struct piece *piece;

	while (hi - lo > 1) {
		size_t middle = lo + (hi - lo) / 2;

		if (curve->piece[middle].from_ns <= ns)
			lo = middle;
		else
			hi = middle;
	}
	piece = &curve->piece[lo];
	return piece->at_ns + scaled(ns - piece->from_ns, piece->ppb);
}

static void piece_put(struct curve *curve, struct piece piece)
{
	if (curve->count == curve->room) {
		curve->room = curve->room ? 2 * curve->room : 64;
		curve->piece = realloc(curve->piece, curve->room * sizeof(*curve->piece));
		if (!curve->piece)
			abort();
	}
	curve->piece[curve->count++] = piece;
}

static void piece_add(struct curve *curve, int64_t from_ns, int64_t ppb)
{
	piece_put(curve, (struct piece){from_ns, curve_at(curve, from_ns), ppb});
}

/* On, off, or to the other side. */
static int64_t slew_ppb(uint64_t *rng)
{
	int64_t ppb = random_between(rng, SLEW_LO_PPB, SLEW_HI_PPB);

	return ppb * random_between(rng, -1, 1);
}

void clocks_begin(struct host_clocks *clocks, uint64_t *rng)
{
	memset(clocks, 0, sizeof(*clocks));
	clocks->drift_ppb = random_between(rng, -DRIFT_PPB, DRIFT_PPB);
	clocks->raw_ahead_ns = random_between(rng, 1000 * MS, START_NS);
	piece_put(&clocks->raw, (struct piece){.ppb = clocks->drift_ppb});
	piece_put(&clocks->mono,
		  (struct piece){.at_ns = START_NS / 4 + random_between(rng, 0, YEARS_10 / 2)});
}

void clocks_free(struct host_clocks *clocks)
{
	free(clocks->raw.piece);
	free(clocks->mono.piece);
}

void clocks_wander(struct host_clocks *clocks, uint64_t *rng, int64_t from_ns, int64_t until_ns,
		   bool is_slewed)
{
	for (int64_t at = from_ns; at < until_ns;) {
		at += random_between(rng, 50 * MS, 4000 * MS);
		piece_add(&clocks->raw, at,
			  clocks->drift_ppb + random_between(rng, -WANDER_PPB, WANDER_PPB));
	}
	if (!is_slewed)
		return;
	for (int64_t at = from_ns; at < until_ns; at += random_between(rng, APART_NS, 6 * APART_NS))
		piece_add(&clocks->mono, curve_at(&clocks->raw, at), slew_ppb(rng));
	piece_add(&clocks->mono, curve_at(&clocks->raw, until_ns + 6 * APART_NS), 0);
}

void clocks_jump(struct host_clocks *clocks, int64_t true_ns, int64_t by_ns)
{
	if (clocks->jumps == JUMPS_MAX)
		abort();
	clocks->jump[clocks->jumps++] = (struct jump){true_ns, by_ns};
}

static int64_t jumped(const struct host_clocks *clocks, int64_t true_ns)
{
	int64_t by_ns = 0;

	for (size_t i = 0; i < clocks->jumps; i++)
		if (true_ns >= clocks->jump[i].true_ns)
			by_ns += clocks->jump[i].by_ns;
	return by_ns;
}

int64_t clocks_raw(const struct host_clocks *clocks, int64_t true_ns)
{
	return clocks->raw_ahead_ns + curve_at(&clocks->raw, true_ns) + jumped(clocks, true_ns);
}

int64_t clocks_mono(const struct host_clocks *clocks, int64_t true_ns)
{
	return curve_at(&clocks->mono, curve_at(&clocks->raw, true_ns)) + jumped(clocks, true_ns);
}

void clocks_look(FILE *out, const struct host_clocks *clocks, int64_t true_ns, int64_t bracket_ns)
{
	struct clock_snapshot look = {
		.mono_before_ns = clocks_mono(clocks, true_ns),
		.raw_ns = clocks_raw(clocks, true_ns + bracket_ns / 2),
		.real_ns = START_NS * 8 + true_ns,
		.mono_after_ns = clocks_mono(clocks, true_ns + bracket_ns),
	};

	record_write_snapshot(out, &look);
}
