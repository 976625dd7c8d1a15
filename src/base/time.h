/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the clocks of this host show. */
#ifndef MIGTRACE_BASE_TIME_H
#define MIGTRACE_BASE_TIME_H

#include <stdint.h>
#include <time.h>

/* Returns what that clock shows, ns. */
int64_t time_read_ns(clockid_t clock);

/* The same of CLOCK_MONOTONIC. */
int64_t time_now_ns(void);
int64_t time_now_ms(void);

/* Returns how long it is until due_ns when it is now_ns, ms, rounded up; 0 where it is over. */
int time_left_ms(int64_t due_ns, int64_t now_ns);

#endif
