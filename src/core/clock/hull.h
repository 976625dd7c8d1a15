/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The points of a stream that a line below all of them can touch: their lower convex hull. */
#ifndef MIGTRACE_CORE_CLOCK_HULL_H
#define MIGTRACE_CORE_CLOCK_HULL_H

#include <stddef.h>
#include <stdint.h>

/* |x| and |height| are at most 2^60. index is the caller's name for the point. */
struct hull_point {
	int64_t x, height;
	size_t index;
};

/* Zeroed, it is empty. After hull_settle() points[0..count) are the hull, in order of x. */
struct hull {
	struct hull_point *points;
	size_t count; /* of them, those that were the hull when it was last settled */
	size_t used;  /* and with those added since */
	size_t room;
};

/*
 * Adds a point. Returns 0, or -ENOMEM: then the hull is as before.
 *
 * New points wait behind the hull until they are as many as its own, and at least 64; then all are
 * sorted at once. So a point costs O(log n) comparisons, in whichever order points come, and memory
 * is at most twice the largest hull, and 64 points.
 */
int hull_add(struct hull *hull, struct hull_point point);

/*
 * Drops all points but the vertices of the lower hull (Andrew 1979, "Another efficient algorithm
 * for convex hulls in two dimensions"). Of points at one place that with the lowest index stays, so
 * the result does not depend on the order in which they came.
 */
void hull_settle(struct hull *hull);

/* Frees the points; the hull is empty again. */
void hull_free(struct hull *hull);

#endif
