/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much of its RAM a guest makes dirty in a time, fitted to what it did in passes. */
#include "core/passes/dirtying.h"

#include <assert.h>
#include <math.h>
#include <stddef.h>

#define RATE_MIN 1e-3 /* per second: slower than any pass shows */
#define RATE_MAX 1e3  /* all of it within milliseconds */
#define RATES	 121  /* of the grid in between, a ninth apart */
static_assert(RATES > 1, "a grid has two ends");
#define OLDER 0.9  /* what a pass counts for, of the one after it */
#define PRIOR 1e-4 /* what a rate counts for that is e times another than the usual one */
#define USUAL 2	   /* of a rate, in the time of the longest pass */

static double share_of(struct opt_i64 per_cent)
{
	return (double)opt_or(per_cent, 0) / 100;
}

/* The seconds for which the guest could run in the pass, as it was slowed down. */
static double run_seconds(const struct pass *pass)
{
	return (double)pass->length_ns.v / 1e9 * (1 - share_of(pass->throttle));
}

static bool is_whole(const struct pass *pass)
{
	return pass->dirtied.known && pass->length_ns.known && pass->length_ns.v > 0 &&
	       !pass->is_halted;
}

/*
 * Least squares of the relative errors for a given rate: the set follows, and what is left of the
 * squares tells the rates apart. Returns that.
 */
static double set_fit(const struct passes *passes, double rate, double *set)
{
	double weight = 1, fd = 0, ff = 0, dd = 0;

	for (size_t i = passes->count; i-- > 0; weight *= is_whole(&passes->pass[i]) ? OLDER : 1) {
		const struct pass *pass = &passes->pass[i];
		double f, relative;

		if (!is_whole(pass))
			continue;
		f = 1 - exp(-rate * run_seconds(pass));
		relative = weight / ((double)pass->dirtied.v * (double)pass->dirtied.v + 1);
		fd += relative * f * (double)pass->dirtied.v;
		ff += relative * f * f;
		dd += relative * (double)pass->dirtied.v * (double)pass->dirtied.v;
	}
	*set = ff > 0 ? fd / ff : 0;
	return ff > 0 ? dd - fd * fd / ff : dd;
}

/* The seconds of the longest pass; counts those that are whole. */
static double longest(const struct passes *passes, int *count)
{
	double seconds = 0;

	for (size_t i = 0; i < passes->count; i++)
		if (is_whole(&passes->pass[i])) {
			seconds = fmax(seconds, run_seconds(&passes->pass[i]));
			(*count)++;
		}
	assert(*count <= PASSES_MAX);
	return seconds;
}

/*
 * One pass alone fits with any rate: the usual one is taken to be that with which most of the set
 * was made dirty in it, so that it is told neither that all of it was nor that it is without end.
 */
void dirtying_fit(const struct passes *passes, struct dirtying *dirtying)
{
	double step = pow(RATE_MAX / RATE_MIN, 1.0 / (RATES - 1)), rate = RATE_MIN;
	double best = INFINITY, seconds;

	*dirtying = (struct dirtying){.throttle = share_of(passes->throttle)};
	seconds = longest(passes, &dirtying->passes);
	for (int i = 0; i < RATES; i++, rate *= step) {
		double set, left = set_fit(passes, rate, &set);
		double away = log(rate * seconds / USUAL);

		left += PRIOR * away * away;
		if (set <= 0 || left >= best)
			continue;
		best = left;
		dirtying->set = set;
		dirtying->rate = rate;
	}
}

double dirtying_in(const struct dirtying *dirtying, double seconds)
{
	return dirtying->set * (1 - exp(-dirtying->rate * (1 - dirtying->throttle) * seconds));
}

double dirtying_at_first(const struct dirtying *dirtying)
{
	return dirtying->set * dirtying->rate * (1 - dirtying->throttle);
}
