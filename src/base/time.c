/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the clocks of this host show. */
#include "base/time.h"

int64_t time_read_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

int64_t time_now_ns(void)
{
	return time_read_ns(CLOCK_MONOTONIC);
}

int64_t time_now_ms(void)
{
	return time_now_ns() / 1000000;
}

int time_left_ms(int64_t due_ns, int64_t now_ns)
{
	return due_ns > now_ns ? (int)((due_ns - now_ns) / 1000000) + 1 : 0;
}
