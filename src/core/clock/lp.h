/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The linear program of core/clock/fit.h: which lines pass below one hull and above the other. */
#ifndef MIGTRACE_CORE_CLOCK_LP_H
#define MIGTRACE_CORE_CLOCK_LP_H

#include <stdbool.h>
#include <stdint.h>

#include "core/clock/fit.h"
#include "core/clock/hull.h"

struct ratio {
	int64_t num, den; /* den > 0 */
};

enum lines_end {
	LINES_LEAST,
	LINES_MOST,
};

/*
 * The points of hull[] (by enum clock_direction) have the source's stamp as x and as height the
 * bound on theta from above (forward) or on -theta (backward), so that both are lower hulls.
 *
 * Any line y = a*x + b with a > 0 that touches all forward points from below touches a vertex of
 * their hull, be x or y the abscissa: r - a*s and r/a - s are least at the same point; backward
 * likewise. So one hull serves both.
 */
struct lines {
	const struct hull *hull[2]; /* settled */
	bool is_dst;		    /* the abscissa is the destination's clock, not the source's */
	int64_t instant_ns;	    /* of that clock */
	struct ratio wander;	    /* what a height gains per distance from the instant, < 0.45 */
	struct ratio slope[2];	    /* least and most that is allowed, num and den < 2^31 */
};

/* Returns the offset of which nothing is known: UNBOUNDED, each end the farthest there is. */
struct fit_offset lines_unknown(void);

/* Returns offset and drift of the lines at the instant. */
struct fit_offset lines_solve(const struct lines *lines);

#endif
