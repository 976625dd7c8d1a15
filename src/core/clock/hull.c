/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The points of a stream that a line below all of them can touch: their lower convex hull. */
#include "core/clock/hull.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define WAITING_MIN 64

static int point_compare(const void *left, const void *right)
{
	const struct hull_point *a = left, *b = right;

	if (a->x != b->x)
		return a->x < b->x ? -1 : 1;
	if (a->height != b->height)
		return a->height < b->height ? -1 : 1;
	return (a->index > b->index) - (a->index < b->index);
}

/* Returns whether b is on or above the chord from a to c: then no line below a and c needs b. */
static bool is_above_chord(const struct hull_point *a, const struct hull_point *b,
			   const struct hull_point *c)
{
	return (__int128)(b->height - a->height) * (c->x - a->x) >=
	       (__int128)(c->height - a->height) * (b->x - a->x);
}

void hull_settle(struct hull *hull)
{
	struct hull_point *points = hull->points;
	size_t kept = 0;

	assert(hull->count <= hull->used && hull->used <= hull->room);
	if (hull->count == hull->used)
		return;
	qsort(points, hull->used, sizeof(*points), point_compare);
	for (size_t i = 0; i < hull->used; i++) {
		if (kept && points[kept - 1].x == points[i].x)
			continue;
		while (kept >= 2 &&
		       is_above_chord(&points[kept - 2], &points[kept - 1], &points[i]))
			kept--;
		assert(!kept || points[kept - 1].x < points[i].x);
		points[kept++] = points[i];
	}
	assert(kept && kept <= hull->used);
	hull->count = hull->used = kept;
}

/* Makes room for as many points as there are, so that they can wait. Returns 0 or -ENOMEM. */
static int hull_grow(struct hull *hull)
{
	size_t room = 2 * hull->used + WAITING_MIN;
	struct hull_point *points;

	if (room <= hull->room)
		return 0;
	points = reallocarray(hull->points, room, sizeof(*points));
	if (!points)
		return hull->used < hull->room ? 0 : -ENOMEM;
	hull->points = points;
	hull->room = room;
	assert(hull->used < hull->room);
	return 0;
}

int hull_add(struct hull *hull, struct hull_point point)
{
	assert(hull->used <= hull->room);
	if (hull->used == hull->room) {
		hull_settle(hull);
		if (hull_grow(hull))
			return -ENOMEM;
	}
	assert(hull->used < hull->room);
	hull->points[hull->used++] = point;
	return 0;
}

void hull_free(struct hull *hull)
{
	free(hull->points);
	memset(hull, 0, sizeof(*hull));
}
