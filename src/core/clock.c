/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bounds on the offset between two hosts' clocks, from messages that crossed between them. */
#include "core/clock.h"

/* Returns how far theta can have moved in distance_ns, rounded up: a bound must never be narrowed.
 */
static int64_t clock_drift_ns(int64_t distance_ns, int64_t rate_ppb)
{
	const __int128 ppb = 1000000000;
	__int128 distance = distance_ns < 0 ? -(__int128)distance_ns : distance_ns;
	__int128 drift = (distance * rate_ppb + ppb - 1) / ppb;

	return drift > CLOCK_NS_MAX ? CLOCK_NS_MAX : (int64_t)drift;
}

struct clock_offset clock_offset_at(const struct clock_message *messages, size_t count,
				    int64_t rate_ppb, struct dst_ns y0)
{
	struct clock_offset offset = {.lo_ns = INT64_MIN, .hi_ns = INT64_MAX};

	for (size_t i = 0; i < count; i++) {
		const struct clock_message *m = &messages[i];
		int64_t theta_ns = m->at_dst.v - m->at_src.v;
		int64_t drift_ns = clock_drift_ns(y0.v - m->at_dst.v, rate_ppb);

		if (m->direction == CLOCK_FORWARD && theta_ns + drift_ns < offset.hi_ns) {
			offset.hi_ns = theta_ns + drift_ns;
			offset.upper = i;
		} else if (m->direction == CLOCK_BACKWARD && theta_ns - drift_ns > offset.lo_ns) {
			offset.lo_ns = theta_ns - drift_ns;
			offset.lower = i;
		}
	}
	if (offset.lo_ns == INT64_MIN || offset.hi_ns == INT64_MAX)
		offset.verdict = CLOCK_UNBOUNDED;
	else if (offset.lo_ns > offset.hi_ns)
		offset.verdict = CLOCK_INCONSISTENT;
	return offset;
}
