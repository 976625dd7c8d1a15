/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks at this host's clocks. */
#include "record/snapshot.h"

#include "base/time.h"

#define LOOKS 8

/* An interrupt between the reads makes a look's bracket wide: the tightest says the most. */
struct clock_snapshot snapshot_take(uint64_t lost)
{
	struct clock_snapshot best = {0}, look;

	for (int i = 0; i < LOOKS; i++) {
		look.mono_before_ns = time_now_ns();
		look.raw_ns = time_read_ns(CLOCK_MONOTONIC_RAW);
		look.real_ns = time_read_ns(CLOCK_REALTIME);
		look.mono_after_ns = time_now_ns();
		look.lost = lost;
		if (!i || look.mono_after_ns - look.mono_before_ns <
				  best.mono_after_ns - best.mono_before_ns)
			best = look;
	}
	return best;
}
