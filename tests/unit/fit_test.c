/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the fit of two clocks claims: the linear program's corners, to the ns, and truth inside. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <string.h>
#include <cmocka.h>

#include "core/clock/fit.h"
#include "core/clock/hull.h"
#include "simulation.h"

#define PPB	     INT64_C(1000000000)
#define SEEDS	     10000
#define MESSAGES_MAX 400

struct moment {
	bool is_dst;
	int64_t ns;
};

static struct fit_offset fit_query(struct fit *fit, int64_t rate_ppb, int64_t wander_ppb,
				   struct moment at)
{
	return at.is_dst ? fit_offset_at_dst(fit, rate_ppb, wander_ppb, (struct dst_ns){at.ns})
			 : fit_offset_at(fit, rate_ppb, wander_ppb, (struct src_ns){at.ns});
}

/* Adds the messages in the order given, or in their own; each is named by its place in m. */
static struct fit_offset fit_of(const struct clock_message *m, const size_t *order, size_t count,
				int64_t rate_ppb, int64_t wander_ppb, struct moment at)
{
	struct fit *fit = fit_create();
	struct fit_offset offset;

	assert_non_null(fit);
	for (size_t i = 0; i < count; i++) {
		size_t index = order ? order[i] : i;

		assert_int_equal(fit_add(fit, &m[index], index), 0);
	}
	offset = fit_query(fit, rate_ppb, wander_ppb, at);
	fit_free(fit);
	return offset;
}

static struct fit_offset fit_at_src(const struct clock_message *m, size_t count, int64_t rate_ppb,
				    int64_t wander_ppb, int64_t x0)
{
	return fit_of(m, NULL, count, rate_ppb, wander_ppb, (struct moment){false, x0});
}

static void assert_evidence(const struct fit_evidence *evidence, size_t count, size_t first,
			    size_t second, size_t third, bool needs_rate)
{
	size_t expected[3] = {first, second, third};

	assert_int_equal(evidence->count, count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(evidence->index[i], expected[i]);
	assert_int_equal(evidence->needs_rate, needs_rate);
}

#define FORWARD(src, dst)                                                                          \
	{                                                                                          \
		CLOCK_FORWARD, {src}, {dst}, "test"                                                \
	}
#define BACKWARD(src, dst)                                                                         \
	{                                                                                          \
		CLOCK_BACKWARD, {src}, {dst}, "test"                                               \
	}

/*
 * The linear program by brute force: all corners of the polygon of lines theta + slope * (x -
 * x_ref) that obey a * theta + b * slope <= c, each the meeting of two of its edges.
 */
struct edge {
	__int128 a, b, c;
};

struct brute {
	bool feasible;
	int64_t lo_ns, hi_ns, drift_lo_ppb, drift_hi_ppb;
};

/* Rounds down; what a free slope makes too far for 64 bits stays at their end. */
static int64_t floor_of(__int128 num, __int128 den)
{
	__int128 floor = num / den - (num % den < 0);

	return floor < -INT64_MAX ? -INT64_MAX : floor > INT64_MAX ? INT64_MAX : (int64_t)floor;
}

static int64_t ceil_of(__int128 num, __int128 den)
{
	return -floor_of(-num, den);
}

static void brute_corner(const struct edge *edges, size_t count, const struct edge *p,
			 const struct edge *q, struct moment at, int64_t ref, struct brute *brute)
{
	__int128 det = p->a * q->b - q->a * p->b;
	__int128 theta = p->c * q->b - q->c * p->b, slope = p->a * q->c - q->a * p->c;
	__int128 num = theta, den;

	if (det == 0)
		return;
	if (det < 0) {
		det = -det;
		theta = num = -theta;
		slope = -slope;
	}
	for (size_t k = 0; k < count; k++)
		if (edges[k].a * theta + edges[k].b * slope > edges[k].c * det)
			return;
	den = det;
	if (at.is_dst) { /* x + theta(x) = y0, solved for y0 - x */
		num = theta + slope * (at.ns - ref);
		den = det + slope;
	}
	if (!brute->feasible || floor_of(num, den) < brute->lo_ns)
		brute->lo_ns = floor_of(num, den);
	if (!brute->feasible || ceil_of(num, den) > brute->hi_ns)
		brute->hi_ns = ceil_of(num, den);
	if (!brute->feasible || floor_of(slope * PPB, det) < brute->drift_lo_ppb)
		brute->drift_lo_ppb = floor_of(slope * PPB, det);
	if (!brute->feasible || ceil_of(slope * PPB, det) > brute->drift_hi_ppb)
		brute->drift_hi_ppb = ceil_of(slope * PPB, det);
	brute->feasible = true;
}

static struct brute brute_at(const struct clock_message *m, size_t count, int64_t rate_ppb,
			     int64_t wander_ppb, struct moment at)
{
	struct edge edges[MESSAGES_MAX + 2] = {{0, PPB, rate_ppb}, {0, -PPB, rate_ppb}};
	struct brute brute = {0};
	int64_t ref = at.is_dst ? m[0].at_src.v : at.ns;
	bool has[2] = {false, false};

	for (size_t i = 0; i < count; i++) {
		int64_t role = m[i].direction == CLOCK_FORWARD ? 1 : -1;
		int64_t run = m[i].at_src.v - ref;
		__int128 wander = (__int128)(run < 0 ? -run : run) * wander_ppb;

		has[m[i].direction] = true;
		edges[i + 2] = (struct edge){role, role * run,
					     role * (m[i].at_dst.v - m[i].at_src.v) +
						     ceil_of(wander, PPB)};
	}
	for (size_t i = 0; i < count + 2; i++)
		for (size_t j = i + 1; j < count + 2; j++)
			brute_corner(edges, count + 2, &edges[i], &edges[j], at, ref, &brute);
	if (!has[CLOCK_FORWARD])
		brute.hi_ns = INT64_MAX;
	if (!has[CLOCK_BACKWARD])
		brute.lo_ns = INT64_MIN;
	return brute;
}

/* Returns the linear program over the evidence alone, with slopes as good as free if it may. */
static struct brute brute_of(const struct clock_message *m, const struct fit_evidence *evidence,
			     int64_t rate_ppb, struct moment at)
{
	struct clock_message alone[3];
	int64_t free_ppb = at.is_dst ? PPB - 1 : INT64_C(1) << 40;

	for (size_t i = 0; i < evidence->count; i++)
		alone[i] = m[evidence->index[i]];
	return brute_at(alone, evidence->count, evidence->needs_rate ? rate_ppb : free_ppb, 0, at);
}

static bool is_proven(const struct clock_message *m, const struct fit_offset *o, int64_t rate_ppb,
		      struct moment at)
{
	struct brute lower, upper;

	if (o->verdict == CLOCK_INCONSISTENT)
		return o->contradiction.count >= 2 &&
		       !brute_of(m, &o->contradiction, rate_ppb, at).feasible;
	if (o->lo_ns != INT64_MIN) {
		lower = brute_of(m, &o->lower, rate_ppb, at);
		if (!o->lower.count || o->lower.count > 2 || lower.lo_ns != o->lo_ns)
			return false;
	}
	if (o->hi_ns != INT64_MAX) {
		upper = brute_of(m, &o->upper, rate_ppb, at);
		if (!o->upper.count || o->upper.count > 2 || upper.hi_ns != o->hi_ns)
			return false;
	}
	return true;
}

/* Returns whether the fit gives the corners that brute force found. */
static bool is_brute(const struct fit_offset *o, const struct brute *brute)
{
	if (!brute->feasible)
		return o->verdict == CLOCK_INCONSISTENT;
	return o->verdict == (brute->lo_ns == INT64_MIN || brute->hi_ns == INT64_MAX
				      ? CLOCK_UNBOUNDED
				      : CLOCK_BOUNDED) &&
	       o->lo_ns == brute->lo_ns && o->hi_ns == brute->hi_ns &&
	       o->drift_lo_ppb == brute->drift_lo_ppb && o->drift_hi_ppb == brute->drift_hi_ppb;
}

static void assert_brute(uint64_t seed, const struct clock_message *m, size_t count,
			 int64_t rate_ppb, struct moment at)
{
	struct fit_offset o = fit_of(m, NULL, count, rate_ppb, 0, at);
	struct brute brute = brute_at(m, count, rate_ppb, 0, at);

	if (!is_brute(&o, &brute))
		fail_msg("seed %lu: [%ld, %ld] ns, drift [%ld, %ld] ppb, verdict %d; "
			 "by brute force [%ld, %ld] ns, [%ld, %ld] ppb, feasible %d",
			 seed, o.lo_ns, o.hi_ns, o.drift_lo_ppb, o.drift_hi_ppb, (int)o.verdict,
			 brute.lo_ns, brute.hi_ns, brute.drift_lo_ppb, brute.drift_hi_ppb,
			 brute.feasible);
	if (!is_proven(m, &o, rate_ppb, at))
		fail_msg("seed %lu: the evidence does not prove [%ld, %ld] ns, verdict %d", seed,
			 o.lo_ns, o.hi_ns, (int)o.verdict);
}

static void one_message_each_way_binds_at_its_own_instant(void **state)
{
	(void)state;
	const struct clock_message m[] = {FORWARD(1000, 1500), BACKWARD(1000, 900)};
	struct fit_offset o = fit_at_src(m, 2, 100000, 0, 1000);

	assert_int_equal(o.verdict, CLOCK_BOUNDED);
	assert_int_equal(o.lo_ns, -100);
	assert_int_equal(o.hi_ns, 500);
	assert_int_equal(o.drift_lo_ppb, -100000);
	assert_int_equal(o.drift_hi_ppb, 100000);
	assert_evidence(&o.lower, 1, 1, 0, 0, false);
	assert_evidence(&o.upper, 1, 0, 0, 0, false);
}

static void limit_on_the_rate_widens_with_distance(void **state)
{
	(void)state;
	/* 100 ppm over 1.000001 s is 100000.1 ns. */
	const struct clock_message m[] = {FORWARD(1000, 1500), BACKWARD(1000, 900)};
	struct fit_offset o = fit_at_src(m, 2, 100000, 0, 1000002000);

	assert_int_equal(o.lo_ns, -100 - 100001);
	assert_int_equal(o.hi_ns, 500 + 100001);
	assert_evidence(&o.lower, 1, 1, 0, 0, true);
	assert_evidence(&o.upper, 1, 0, 0, 0, true);
}

static void two_forward_messages_on_either_side_meet_between(void **state)
{
	(void)state;
	const struct clock_message m[] = {FORWARD(1000, 1100), FORWARD(4000, 4300),
					  FORWARD(2000, 2900)};
	/* The chord from 100 to 300 is at 166.7 a third of the way. */
	struct fit_offset o = fit_at_src(m, 3, 200000000, 0, 2000);

	assert_int_equal(o.verdict, CLOCK_UNBOUNDED);
	assert_int_equal(o.hi_ns, 167);
	assert_int_equal(o.lo_ns, INT64_MIN);
	assert_evidence(&o.upper, 2, 0, 1, 0, false);
	assert_int_equal(o.lower.count, 0);
}

static void two_opposite_messages_limit_the_drift(void **state)
{
	(void)state;
	/* From below 100 at 1000 to above 50 at 2000 falls by 5 % at most, to at least
	 * 0 at 3000. */
	const struct clock_message m[] = {FORWARD(1000, 1100), BACKWARD(2000, 2050)};
	struct fit_offset o = fit_at_src(m, 2, 200000000, 0, 3000);

	assert_int_equal(o.drift_lo_ppb, -50000000);
	assert_int_equal(o.drift_hi_ppb, 200000000);
	assert_int_equal(o.lo_ns, 0);
	assert_int_equal(o.hi_ns, 100 + 400);
	assert_evidence(&o.lower, 2, 0, 1, 0, false);
	assert_evidence(&o.upper, 1, 0, 0, 0, true);
	/* At an instant of its own a message needs no other. */
	o = fit_at_src(m, 2, 200000000, 0, 1000);
	assert_int_equal(o.hi_ns, 100);
	assert_evidence(&o.upper, 1, 0, 0, 0, false);
}

static void one_direction_bounds_one_side(void **state)
{
	(void)state;
	const struct clock_message forward = FORWARD(1000, 1500), backward = BACKWARD(1000, 900);
	struct fit_offset o = fit_at_src(&forward, 1, 100000, 0, 1000);

	assert_int_equal(o.verdict, CLOCK_UNBOUNDED);
	assert_int_equal(o.hi_ns, 500);
	assert_int_equal(o.lo_ns, INT64_MIN);
	o = fit_at_src(&backward, 1, 100000, 0, 1000);
	assert_int_equal(o.verdict, CLOCK_UNBOUNDED);
	assert_int_equal(o.hi_ns, INT64_MAX);
	assert_int_equal(o.lo_ns, -100);
	o = fit_at_src(NULL, 0, 100000, 0, 1000);
	assert_int_equal(o.verdict, CLOCK_UNBOUNDED);
	assert_int_equal(o.hi_ns, INT64_MAX);
	assert_int_equal(o.lo_ns, INT64_MIN);
	assert_int_equal(o.drift_hi_ppb, 100000);
}

static void two_crossed_messages_are_named(void **state)
{
	(void)state;
	const struct clock_message m[] = {FORWARD(500, 1500), FORWARD(2000, 2500),
					  BACKWARD(2000, 2501), BACKWARD(900, 900)};
	struct fit_offset o = fit_at_src(m, 4, 0, 0, 1000);

	assert_int_equal(o.verdict, CLOCK_INCONSISTENT);
	assert_evidence(&o.contradiction, 2, 1, 2, 0, false);
	/* 1000 ns apart they would need a drift of 0.1 %. */
	const struct clock_message apart[] = {FORWARD(1000, 1500), BACKWARD(2000, 2501)};

	o = fit_at_src(apart, 2, 1000000, 0, 1000);
	assert_int_equal(o.verdict, CLOCK_BOUNDED);
	assert_int_equal(o.drift_lo_ppb, 1000000);
	o = fit_at_src(apart, 2, 999999, 0, 1000);
	assert_int_equal(o.verdict, CLOCK_INCONSISTENT);
	assert_evidence(&o.contradiction, 2, 0, 1, 0, true);
}

static void three_messages_on_no_line_are_named(void **state)
{
	(void)state;
	/* Above 61 at 2000 is above the chord from 0 to 120, whatever the drift. */
	const struct clock_message m[] = {FORWARD(1000, 1000), FORWARD(3000, 3120),
					  BACKWARD(2000, 2061), BACKWARD(100, 10)};
	struct fit_offset o = fit_at_src(m, 4, 200000000, 0, 1000);

	assert_int_equal(o.verdict, CLOCK_INCONSISTENT);
	assert_evidence(&o.contradiction, 3, 2, 1, 0, false);
}

static void wander_loosens_by_its_distance(void **state)
{
	(void)state;
	const struct clock_message m[] = {FORWARD(1000, 1500), BACKWARD(1000, 900)};
	/* 10 ppm over 1 s, and 1 ns for the rest of it. */
	struct fit_offset o = fit_at_src(m, 2, 0, 10000, 1000001001);

	assert_int_equal(o.lo_ns, -100 - 10001);
	assert_int_equal(o.hi_ns, 500 + 10001);
	/* Halfway between two messages the chord rises by the wander to either. */
	const struct clock_message chord[] = {FORWARD(0, 100), FORWARD(2000000000, 2000000100)};

	o = fit_at_src(chord, 2, 200000, 10000, 1000000000);
	assert_int_equal(o.hi_ns, 100 + 10000);
	assert_evidence(&o.upper, 2, 0, 1, 0, false);
}

static void destination_instant_is_where_the_line_meets_it(void **state)
{
	(void)state;
	/* The lines through (0, 0) with a from 0.8 to 1.2 meet y = 960 at x from 800 to 1200. */
	const struct clock_message m[] = {FORWARD(1000, 1000), BACKWARD(1000, 1000)};
	struct fit_offset o =
		fit_of(m, NULL, 2, 200000000, 0, (struct moment){.is_dst = true, .ns = 1960});

	assert_int_equal(o.verdict, CLOCK_BOUNDED);
	assert_int_equal(o.lo_ns, 960 - 1200);
	assert_int_equal(o.hi_ns, 960 - 800);
	assert_int_equal(o.drift_lo_ppb, -200000000);
	assert_int_equal(o.drift_hi_ppb, 200000000);
}

static void what_no_clock_can_be_is_refused(void **state)
{
	(void)state;
	const struct clock_message good = FORWARD(1000, 1500);
	const struct clock_message bad[] = {FORWARD(-1, 0), FORWARD(0, -1),
					    BACKWARD(CLOCK_NS_MAX + 1, 0), BACKWARD(0, INT64_MAX),
					    BACKWARD(INT64_MIN, 0)};
	const int64_t rates[] = {-1, FIT_PPB_MAX + 1, INT64_MIN, INT64_MAX};
	struct fit *fit = fit_create();

	for (size_t i = 0; i < 5; i++)
		assert_int_equal(fit_add(fit, &bad[i], i), -ERANGE);
	assert_int_equal(fit_add(fit, &good, 0), 0);
	for (int i = 0; i < 8; i++) {
		struct moment at = {i % 2, 0};

		assert_int_equal(fit_query(fit, rates[i / 2], 0, at).hi_ns, INT64_MAX);
		assert_int_equal(fit_query(fit, 0, rates[i / 2], at).hi_ns, INT64_MAX);
		at.ns = i < 4 ? -1 : CLOCK_NS_MAX + 1;
		assert_int_equal(fit_query(fit, 0, 0, at).hi_ns, INT64_MAX);
		at.ns = i < 4 ? INT64_MIN : INT64_MAX;
		assert_int_equal(fit_query(fit, 0, 0, at).verdict, CLOCK_UNBOUNDED);
	}
	fit_free(fit);
	fit_free(NULL);
}

/* The scale of one random problem: how far stamps lie apart, and thetas. */
struct scale {
	int64_t x_lo, x_hi, theta, rate_ppb;
};

static struct scale random_scale(uint64_t *rng)
{
	const int64_t spans[] = {4, 30, 1000, 1000000, 1000000000000, CLOCK_NS_MAX};
	const int64_t rates[] = {0, 1, 100000, FIT_PPB_MAX, random_between(rng, 0, FIT_PPB_MAX)};
	int64_t span = spans[random_between(rng, 0, 5)];
	struct scale scale = {.rate_ppb = rates[random_between(rng, 0, 4)]};

	scale.x_lo = random_between(rng, 0, CLOCK_NS_MAX - span);
	scale.x_hi = scale.x_lo + span;
	scale.theta = span >> random_between(rng, 0, 8);
	return scale;
}

static int64_t clamp(int64_t ns)
{
	return ns < 0 ? 0 : ns > CLOCK_NS_MAX ? CLOCK_NS_MAX : ns;
}

/* Returns any message; that those of opposite directions agree is likely, but not certain. */
static struct clock_message random_message(uint64_t *rng, const struct scale *scale)
{
	struct clock_message m = {.direction = (enum clock_direction)random_between(rng, 0, 1)};
	int64_t theta = random_between(rng, -scale->theta / 8, scale->theta);

	m.at_src.v = random_between(rng, scale->x_lo, scale->x_hi);
	m.at_dst.v = clamp(m.at_src.v + (m.direction == CLOCK_FORWARD ? theta : -theta));
	return m;
}

static struct moment random_instant(uint64_t *rng, const struct scale *scale)
{
	struct moment at = {.is_dst = random_between(rng, 0, 1)};

	at.ns = random_between(rng, 0, 3) ? random_between(rng, scale->x_lo, scale->x_hi)
					  : random_between(rng, 0, CLOCK_NS_MAX);
	return at;
}

static void bounds_are_the_corners_that_brute_force_finds(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 4 * SEEDS; seed++) {
		uint64_t rng = seed;
		struct scale scale = random_scale(&rng);
		struct clock_message m[12];
		size_t count = (size_t)random_between(&rng, 1, 12);

		for (size_t i = 0; i < count; i++)
			m[i] = random_message(&rng, &scale);
		assert_brute(seed, m, count, scale.rate_ppb, random_instant(&rng, &scale));
	}
}

static void stamps_at_the_ends_of_the_scale_do_not_overflow(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		uint64_t rng = seed;
		const int64_t ends[] = {0, 1, CLOCK_NS_MAX - 1, CLOCK_NS_MAX, CLOCK_NS_MAX / 2};
		int64_t rate_ppb = random_between(&rng, 0, 1) * FIT_PPB_MAX;
		struct clock_message m[6];
		struct moment at = {random_between(&rng, 0, 1), ends[random_between(&rng, 0, 4)]};

		for (int i = 0; i < 6; i++)
			m[i] = (struct clock_message){
				.direction = (enum clock_direction)random_between(&rng, 0, 1),
				.at_src = {ends[random_between(&rng, 0, 4)]},
				.at_dst = {ends[random_between(&rng, 0, 4)]},
			};
		assert_brute(seed, m, 1 + seed % 6, rate_ppb, at);
		fit_of(m, NULL, 6, rate_ppb, FIT_PPB_MAX, at); /* for the sanitizers */
	}
}

/*
 * The true clocks: y(x1) = y1, and the destination's is faster by ppb[0] before and by ppb[1]
 * after. Messages are stamped such that not one ns is lost; scaled() figures are in ns / 10^9.
 */
struct truth_line {
	int64_t x1, y1, ppb[2];
};

static __int128 truth_scaled(const struct truth_line *truth, int64_t x)
{
	return (__int128)truth->y1 * PPB +
	       (__int128)(x - truth->x1) * (PPB + truth->ppb[x >= truth->x1]);
}

static struct truth_line random_truth(uint64_t *rng, int64_t rate_ppb, int64_t *wander_ppb)
{
	const int64_t ten_years_ns = 315576000 * PPB;
	struct truth_line truth = {.x1 = random_between(rng, 0, CLOCK_NS_MAX)};
	const int64_t drifts[] = {-rate_ppb, rate_ppb, random_between(rng, -rate_ppb, rate_ppb)};
	int64_t drift_ppb = drifts[random_between(rng, 0, 2)];

	truth.y1 =
		random_between(rng, clamp(truth.x1 - ten_years_ns), clamp(truth.x1 + ten_years_ns));
	*wander_ppb = random_between(rng, 0, 1) * random_between(rng, 0, rate_ppb);
	truth.ppb[0] = drift_ppb + *wander_ppb;
	truth.ppb[1] = drift_ppb - *wander_ppb;
	if (random_between(rng, 0, 1)) {
		truth.ppb[0] = drift_ppb - *wander_ppb;
		truth.ppb[1] = drift_ppb + *wander_ppb;
	}
	return truth;
}

/* A message in the hour about x1 that took its time; most are fast, some take a minute. */
static struct clock_message random_crossing(uint64_t *rng, const struct truth_line *truth)
{
	const int64_t side_hour_ns = 1800 * PPB;
	int64_t delay_ns = 60000 + random_between(rng, 0, INT64_C(1) << random_between(rng, 8, 36));
	struct clock_message m = {.direction = (enum clock_direction)random_between(rng, 0, 1)};

	m.at_src.v = clamp(truth->x1 + random_between(rng, -side_hour_ns, side_hour_ns));
	m.at_dst.v = m.direction == CLOCK_FORWARD
			     ? ceil_of(truth_scaled(truth, m.at_src.v), PPB) + delay_ns
			     : floor_of(truth_scaled(truth, m.at_src.v), PPB) - delay_ns;
	return m;
}

/* Returns whether [lo, hi] contains theta where y = y0 on the true line: y0 - x1 - (y0 -
 * y1) / a. */
static bool holds_at_dst(const struct truth_line *truth, const struct fit_offset *o, int64_t y0)
{
	__int128 a = PPB + truth->ppb[y0 >= truth->y1];
	__int128 run = (__int128)(y0 - truth->y1) * PPB;
	__int128 from = y0 - truth->x1;

	return (o->lo_ns == INT64_MIN || (from - o->lo_ns) * a >= run) &&
	       (o->hi_ns == INT64_MAX || (from - o->hi_ns) * a <= run);
}

static bool holds_at_src(const struct truth_line *truth, const struct fit_offset *o, int64_t x0)
{
	__int128 theta = truth_scaled(truth, x0) - (__int128)x0 * PPB;

	return (__int128)o->lo_ns * PPB <= theta && theta <= (__int128)o->hi_ns * PPB;
}

static void truth_is_inside_whatever_offset_drift_wander_and_delay(void **state)
{
	(void)state;
	const int64_t hour_ns = 3600 * PPB;

	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		uint64_t rng = seed;
		int64_t wander_ppb, rate_ppb = seed % 4 ? 200000 : FIT_PPB_MAX;
		struct truth_line truth = random_truth(&rng, rate_ppb, &wander_ppb);
		int64_t drift_ppb = (truth.ppb[0] + truth.ppb[1]) / 2;
		struct fit *fit = fit_create();

		for (size_t i = 0, count = (size_t)random_between(&rng, 1, 200); i < count; i++) {
			struct clock_message m = random_crossing(&rng, &truth);

			if (m.at_dst.v == clamp(m.at_dst.v))
				assert_int_equal(fit_add(fit, &m, i), 0);
		}
		for (int i = 0; i < 4; i++) {
			int64_t far_ns = random_between(&rng, -hour_ns, hour_ns);
			struct moment at = {i % 2, clamp((i % 2 ? truth.y1 : truth.x1) + far_ns)};
			struct fit_offset o = fit_query(fit, rate_ppb, wander_ppb, at);

			if (o.verdict == CLOCK_INCONSISTENT || o.drift_lo_ppb > drift_ppb ||
			    o.drift_hi_ppb < drift_ppb ||
			    !(at.is_dst ? holds_at_dst : holds_at_src)(&truth, &o, at.ns))
				fail_msg("seed %lu: truth at %s %ld is not in [%ld, %ld] ns, "
					 "drift %ld in [%ld, %ld], verdict %d",
					 seed, at.is_dst ? "y" : "x", at.ns, o.lo_ns, o.hi_ns,
					 drift_ppb, o.drift_lo_ppb, o.drift_hi_ppb, (int)o.verdict);
		}
		fit_free(fit);
	}
}

static void stream_of_hundreds_gives_what_keeping_all_gives(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		uint64_t rng = seed;
		int64_t wander_ppb;
		struct truth_line truth = random_truth(&rng, 200000, &wander_ppb);
		struct clock_message m[MESSAGES_MAX];
		size_t count = 0;

		truth.x1 = truth.y1 = CLOCK_NS_MAX / 2;
		truth.ppb[0] = truth.ppb[1];
		while (count < MESSAGES_MAX)
			m[count++] = random_crossing(&rng, &truth);
		assert_brute(seed, m, count, 400000, (struct moment){seed % 2, truth.x1});
	}
}

static void wander_never_narrows_what_keeping_all_gives(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		uint64_t rng = seed;
		struct scale scale = random_scale(&rng);
		int64_t wander_ppb = random_between(&rng, 0, FIT_PPB_MAX);
		struct moment at = {false, random_between(&rng, scale.x_lo, scale.x_hi)};
		struct clock_message m[12];

		for (size_t i = 0; i < 12; i++)
			m[i] = random_message(&rng, &scale);
		struct fit_offset o = fit_of(m, NULL, 12, scale.rate_ppb, wander_ppb, at);
		struct brute brute = brute_at(m, 12, scale.rate_ppb, wander_ppb, at);

		if (brute.feasible && (o.verdict == CLOCK_INCONSISTENT || o.lo_ns > brute.lo_ns ||
				       o.hi_ns < brute.hi_ns))
			fail_msg("seed %lu: [%ld, %ld] ns, verdict %d; by brute force [%ld, %ld]",
				 seed, o.lo_ns, o.hi_ns, (int)o.verdict, brute.lo_ns, brute.hi_ns);
	}
}

static void order_of_messages_does_not_matter(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS / 10; seed++) {
		uint64_t rng = seed;
		struct scale scale = random_scale(&rng);
		struct moment at = random_instant(&rng, &scale);
		int64_t wander_ppb = random_between(&rng, 0, 1) * FIT_PPB_MAX / 2;
		struct clock_message m[MESSAGES_MAX];
		size_t order[MESSAGES_MAX] = {0};

		for (size_t i = 0; i < MESSAGES_MAX; i++) {
			size_t j = (size_t)random_between(&rng, 0, (int64_t)i);

			m[i] = random_message(&rng, &scale);
			if (i % 7 == 6)
				m[i] = m[j];
			order[i] = order[j];
			order[j] = i;
		}
		struct fit_offset kept =
			fit_of(m, NULL, MESSAGES_MAX, scale.rate_ppb, wander_ppb, at);
		struct fit_offset shuffled =
			fit_of(m, order, MESSAGES_MAX, scale.rate_ppb, wander_ppb, at);

		if (memcmp(&kept, &shuffled, sizeof(kept)))
			fail_msg("seed %lu: [%ld, %ld] ns, but [%ld, %ld] shuffled", seed,
				 kept.lo_ns, kept.hi_ns, shuffled.lo_ns, shuffled.hi_ns);
	}
}

static void long_stream_keeps_few_points(void **state)
{
	(void)state;
	uint64_t rng = 1;
	struct hull hull = {0};

	for (int64_t i = 0; i < 200000; i++) {
		int64_t height = random_between(&rng, 0, INT64_C(1) << random_between(&rng, 8, 36));

		assert_int_equal(hull_add(&hull, (struct hull_point){i * 1000000, height, 0}), 0);
	}
	hull_settle(&hull);
	assert_in_range(hull.count, 2, 100);
	assert_in_range(hull.room, hull.count, 400);
	hull_free(&hull);
	assert_int_equal(hull.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_message_each_way_binds_at_its_own_instant),
		cmocka_unit_test(limit_on_the_rate_widens_with_distance),
		cmocka_unit_test(two_forward_messages_on_either_side_meet_between),
		cmocka_unit_test(two_opposite_messages_limit_the_drift),
		cmocka_unit_test(one_direction_bounds_one_side),
		cmocka_unit_test(two_crossed_messages_are_named),
		cmocka_unit_test(three_messages_on_no_line_are_named),
		cmocka_unit_test(wander_loosens_by_its_distance),
		cmocka_unit_test(destination_instant_is_where_the_line_meets_it),
		cmocka_unit_test(what_no_clock_can_be_is_refused),
		cmocka_unit_test(bounds_are_the_corners_that_brute_force_finds),
		cmocka_unit_test(stamps_at_the_ends_of_the_scale_do_not_overflow),
		cmocka_unit_test(truth_is_inside_whatever_offset_drift_wander_and_delay),
		cmocka_unit_test(stream_of_hundreds_gives_what_keeping_all_gives),
		cmocka_unit_test(wander_never_narrows_what_keeping_all_gives),
		cmocka_unit_test(order_of_messages_does_not_matter),
		cmocka_unit_test(long_stream_keeps_few_points),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
