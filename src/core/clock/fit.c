/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The exact bounds on the offset and the drift between two clocks that run straight for a while. */
#include "core/clock/fit.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "core/clock/hull.h"
#include "core/clock/lp.h"

#define PPB INT64_C(1000000000)
static_assert(PPB + FIT_PPB_MAX < INT64_C(1) << 31, "as struct lines wants slopes");
static_assert(FIT_PPB_MAX < PPB / 2, "a clock runs forward, even less its wander");

struct fit {
	struct hull hull[2]; /* by enum clock_direction, as struct lines wants them */
};

struct fit *fit_create(void)
{
	return calloc(1, sizeof(struct fit));
}

void fit_free(struct fit *fit)
{
	if (!fit)
		return;
	hull_free(&fit->hull[CLOCK_FORWARD]);
	hull_free(&fit->hull[CLOCK_BACKWARD]);
	free(fit);
}

static bool is_stamp(int64_t ns)
{
	return ns >= 0 && ns <= CLOCK_NS_MAX;
}

static bool is_ppb(int64_t ppb)
{
	return ppb >= 0 && ppb <= FIT_PPB_MAX;
}

int fit_add(struct fit *fit, const struct clock_message *message, size_t index)
{
	int64_t src = message->at_src.v, dst = message->at_dst.v;

	if (!is_stamp(src) || !is_stamp(dst))
		return -ERANGE;
	assert(message->direction == CLOCK_FORWARD || message->direction == CLOCK_BACKWARD);
	assert(llabs(dst - src) <= CLOCK_NS_MAX);
	return hull_add(
		&fit->hull[message->direction],
		(struct hull_point){
			.x = src,
			.height = message->direction == CLOCK_FORWARD ? dst - src : src - dst,
			.index = index,
		});
}

static struct fit_offset fit_solve(struct fit *fit, struct lines lines)
{
	assert(lines.wander.num >= 0 && lines.wander.den > 0);
	assert(lines.slope[LINES_LEAST].num <= 0 && lines.slope[LINES_LEAST].den > 0);
	assert(lines.slope[LINES_MOST].num >= 0 && lines.slope[LINES_MOST].den > 0);
	for (int i = 0; i < 2; i++) {
		hull_settle(&fit->hull[i]);
		lines.hull[i] = &fit->hull[i];
	}
	return lines_solve(&lines);
}

struct fit_offset fit_offset_at(struct fit *fit, int64_t rate_ppb, int64_t wander_ppb,
				struct src_ns x0)
{
	if (!is_ppb(rate_ppb) || !is_ppb(wander_ppb) || !is_stamp(x0.v))
		return lines_unknown();
	return fit_solve(fit, (struct lines){
				      .instant_ns = x0.v,
				      .wander = {wander_ppb, PPB},
				      .slope = {{-rate_ppb, PPB}, {rate_ppb, PPB}},
			      });
}

/*
 * With rho and w for the limits, a in [1 - rho, 1 + rho] makes 1 - 1/a lie in [-rho / (1 - rho),
 * rho / (1 + rho)]. From the instant, where e = 0, y - y0 = a * (x - x0) + e and |e| <= w * |x -
 * x0| give |x - x0| <= |y - y0| / (a - w). So x misses the line x0 + (y - y0) / a by |e| / a, which
 * is at most |y - y0| * w / (a * (a - w)), and most for a = 1 - rho.
 */
struct fit_offset fit_offset_at_dst(struct fit *fit, int64_t rate_ppb, int64_t wander_ppb,
				    struct dst_ns y0)
{
	int64_t slowest;

	if (!is_ppb(rate_ppb) || !is_ppb(wander_ppb) || !is_stamp(y0.v))
		return lines_unknown();
	slowest = PPB - rate_ppb;
	assert(slowest > wander_ppb);
	return fit_solve(fit,
			 (struct lines){
				 .is_dst = true,
				 .instant_ns = y0.v,
				 .wander = {wander_ppb * PPB, slowest * (slowest - wander_ppb)},
				 .slope = {{-rate_ppb, slowest}, {rate_ppb, PPB + rate_ppb}},
			 });
}
