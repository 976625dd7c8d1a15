/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The linear program of core/clock/fit.h: which lines pass below one hull and above the other. */
#include "core/clock/lp.h"

#include <assert.h>
#include <stdlib.h>

#define PPB INT64_C(1000000000)

/*
 * A message as seen from the instant asked for: side * theta + slope * run <= height, where side is
 * 1 forward and -1 backward, theta is that of the instant, and run is side * distance from it.
 *
 * With M = CLOCK_NS_MAX = 2^59: |run| <= M, and wander adds at most 0.45 * M + 1 to a height of at
 * most M, so |height| < 1.5 M. A slope is a limit, with num and den < 2^31, or is made by two
 * messages, with |num| < 3 M and den <= M. So constraint_at() is below 4.5 M^2 < 2^121.
 */
struct constraint {
	int64_t run, height;
	size_t index;
};

/* The least or the most slope of the lines that obey all, and why: the limit or two messages. */
struct slope_end {
	struct ratio slope;
	bool is_limit;
	struct constraint by[2]; /* one of each direction, unless is_limit */
};

static int64_t ceil_divide(__int128 num, int64_t den)
{
	assert(den > 0);
	return (int64_t)(num / den + (num % den > 0));
}

static int64_t floor_divide(__int128 num, int64_t den)
{
	return -ceil_divide(-num, den);
}

static struct constraint constraint_of(const struct lines *lines, enum clock_direction direction,
				       size_t i)
{
	const struct hull_point *point = &lines->hull[direction]->points[i];
	int64_t role = direction == CLOCK_FORWARD ? 1 : -1;
	int64_t at_ns = point->x + (lines->is_dst ? role * point->height : 0);
	int64_t distance_ns = at_ns - lines->instant_ns;
	__int128 wander = (__int128)llabs(distance_ns) * lines->wander.num;

	return (struct constraint){
		.run = role * distance_ns,
		.height = point->height + ceil_divide(wander, lines->wander.den),
		.index = point->index,
	};
}

/* Returns the most that side * theta can be for a line of that slope, times the slope's den. */
static __int128 constraint_at(const struct constraint *constraint, struct ratio slope)
{
	return (__int128)constraint->height * slope.den - (__int128)constraint->run * slope.num;
}

/* Returns the constraint that binds at the slope; if several, that which binds beyond
 * the end, too. */
static struct constraint binding(const struct lines *lines, enum clock_direction direction,
				 struct ratio slope, enum lines_end end)
{
	struct constraint best = constraint_of(lines, direction, 0);
	__int128 least = constraint_at(&best, slope);

	assert(lines->hull[direction]->count && slope.den > 0);
	for (size_t i = 1; i < lines->hull[direction]->count; i++) {
		struct constraint c = constraint_of(lines, direction, i);
		__int128 at = constraint_at(&c, slope);

		if (at < least || (at == least && (c.run > best.run) == (end == LINES_MOST))) {
			best = c;
			least = at;
		}
	}
	return best;
}

static bool is_crossed(const struct constraint by[2], struct ratio slope)
{
	return constraint_at(&by[0], slope) + constraint_at(&by[1], slope) < 0;
}

static void evidence_add(struct fit_evidence *evidence, const struct constraint *constraint)
{
	assert(evidence->count < sizeof(evidence->index) / sizeof(evidence->index[0]));
	evidence->index[evidence->count++] = constraint->index;
}

/*
 * Moves the end inwards until a line of its slope obeys all messages; returns false if none does,
 * with two that are crossed from there to the other limit. Two messages of opposite directions say
 * slope * run <= height for the sums of their runs and heights; those which are crossed most give
 * the next slope. This is Newton's method on a concave function made of straight pieces: no step
 * passes the solution.
 */
static bool end_find(const struct lines *lines, enum lines_end end, struct slope_end *found,
		     struct constraint crossed[2])
{
	int sign = end == LINES_MOST ? 1 : -1;

	*found = (struct slope_end){.slope = lines->slope[end], .is_limit = true};
	for (;;) {
		for (int i = 0; i < 2; i++)
			crossed[i] = binding(lines, i, found->slope, end);
		if (!is_crossed(crossed, found->slope))
			return true;
		if (is_crossed(crossed, lines->slope[!end]))
			return false;
		*found = (struct slope_end){
			.slope = {sign * (crossed[0].height + crossed[1].height),
				  sign * (crossed[0].run + crossed[1].run)},
			.by = {crossed[0], crossed[1]},
		};
		assert(found->slope.den > 0);
	}
}

/* Names two messages that are crossed at any slope that is allowed; returns whether they are. */
static bool contradiction_of_two(const struct lines *lines, const struct constraint *forward,
				 const struct constraint *backward, struct fit_evidence *evidence)
{
	struct constraint by[2] = {*forward, *backward};

	if (!is_crossed(by, lines->slope[LINES_LEAST]) || !is_crossed(by, lines->slope[LINES_MOST]))
		return false;
	evidence_add(evidence, forward);
	evidence_add(evidence, backward);
	evidence->needs_rate = forward->run + backward->run != 0;
	return true;
}

/* Names three messages: the one with either of the pair limits the slope, to nothing in common. */
static bool contradiction_of_three(const struct constraint *one, const struct constraint pair[2],
				   struct fit_evidence *evidence)
{
	__int128 run[2], height[2], beyond;

	for (int i = 0; i < 2; i++) {
		run[i] = one->run + pair[i].run;
		height[i] = one->height + pair[i].height;
	}
	beyond = height[0] * run[1] - height[1] * run[0];
	if (run[0] * run[1] >= 0 || (run[0] > 0 ? beyond <= 0 : beyond >= 0))
		return false;
	evidence_add(evidence, one);
	evidence_add(evidence, &pair[0]);
	evidence_add(evidence, &pair[1]);
	return true;
}

/*
 * Names what contradicts, of the messages that made the last slope (unless a limit did) and those
 * that are crossed there. By Helly's theorem three of any contradicting side-planes suffice.
 */
static void contradiction_find(const struct lines *lines, const struct slope_end *end,
			       const struct constraint crossed[2], struct fit_evidence *evidence)
{
	struct constraint of[2][2]; /* by direction */

	for (int i = 0; i < 2; i++) {
		of[i][0] = end->is_limit ? crossed[i] : end->by[i];
		of[i][1] = crossed[i];
	}
	for (int i = 0; i < 4; i++)
		if (contradiction_of_two(lines, &of[0][i / 2], &of[1][i % 2], evidence))
			return;
	for (int i = 0; i < 4; i++)
		if (contradiction_of_three(&of[i / 2][i % 2], of[!(i / 2)], evidence))
			return;
}

/* Returns the bound that the constraint gives at the end, which no slope of a line can pass. */
static int64_t bound_at(const struct slope_end *end, const struct constraint *constraint,
			struct fit_evidence *evidence)
{
	if (constraint->run && !end->is_limit) {
		evidence_add(evidence, &end->by[0]);
		evidence_add(evidence, &end->by[1]);
	} else {
		evidence_add(evidence, constraint);
		evidence->needs_rate = constraint->run != 0;
	}
	return ceil_divide(constraint_at(constraint, end->slope), end->slope.den);
}

/*
 * Returns the most that side * theta can be between the ends, rounded up. As a function of the
 * slope it is concave and made of straight pieces, each of one message: it rises where run < 0. So
 * the top is at an end, or of a message at the instant itself (run 0), or where two on either side
 * of the instant meet: the message that binds there takes the place of that on its side, until none
 * is lower.
 */
static int64_t bound_find(const struct lines *lines, enum clock_direction direction,
			  const struct slope_end ends[2], struct fit_evidence *evidence)
{
	struct constraint up = binding(lines, direction, ends[0].slope, LINES_LEAST);
	struct constraint down = binding(lines, direction, ends[1].slope, LINES_MOST);

	if (up.run >= 0)
		return bound_at(&ends[0], &up, evidence);
	while (down.run > 0) {
		struct ratio slope = {down.height - up.height, down.run - up.run};
		struct constraint next = binding(lines, direction, slope, LINES_MOST);

		assert(up.run < 0 && slope.den > 0);
		if (constraint_at(&next, slope) == constraint_at(&up, slope)) {
			evidence_add(evidence, &up);
			evidence_add(evidence, &down);
			return ceil_divide(constraint_at(&up, slope), slope.den);
		}
		*(next.run < 0 ? &up : &down) = next;
	}
	return bound_at(&ends[1], &down, evidence);
}

/* theta as a function of y has slope d' = 1 - 1/a, so a - 1 = d' / (1 - d'). */
static void drift_set(const struct lines *lines, const struct slope_end ends[2],
		      struct fit_offset *offset)
{
	struct ratio lo = ends[0].slope, hi = ends[1].slope;

	if (lines->is_dst) {
		lo.den -= lo.num;
		hi.den -= hi.num;
	}
	assert(lo.den > 0 && hi.den > 0);
	offset->drift_lo_ppb = floor_divide((__int128)lo.num * PPB, lo.den);
	offset->drift_hi_ppb = ceil_divide((__int128)hi.num * PPB, hi.den);
	assert(offset->drift_lo_ppb <= offset->drift_hi_ppb);
}

struct fit_offset lines_unknown(void)
{
	return (struct fit_offset){
		.verdict = CLOCK_UNBOUNDED,
		.lo_ns = INT64_MIN,
		.hi_ns = INT64_MAX,
		.drift_lo_ppb = INT64_MIN,
		.drift_hi_ppb = INT64_MAX,
	};
}

struct fit_offset lines_solve(const struct lines *lines)
{
	bool has_forward = lines->hull[CLOCK_FORWARD]->count > 0;
	bool has_backward = lines->hull[CLOCK_BACKWARD]->count > 0;
	struct fit_offset offset = lines_unknown();
	struct constraint crossed[2];
	struct slope_end ends[2] = {{.slope = lines->slope[LINES_LEAST], .is_limit = true},
				    {.slope = lines->slope[LINES_MOST], .is_limit = true}};

	if (has_forward && has_backward) {
		offset.verdict = CLOCK_BOUNDED;
		if (!end_find(lines, LINES_MOST, &ends[1], crossed)) {
			offset.verdict = CLOCK_INCONSISTENT;
			contradiction_find(lines, &ends[1], crossed, &offset.contradiction);
			return offset;
		}
		end_find(lines, LINES_LEAST, &ends[0], crossed);
	}
	if (has_forward)
		offset.hi_ns = bound_find(lines, CLOCK_FORWARD, ends, &offset.upper);
	if (has_backward)
		offset.lo_ns = -bound_find(lines, CLOCK_BACKWARD, ends, &offset.lower);
	assert(offset.lo_ns <= offset.hi_ns);
	drift_set(lines, ends, &offset);
	return offset;
}
