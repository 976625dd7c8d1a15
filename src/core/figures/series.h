/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A figure of one migration after the other: what is usual, and whether that has changed. */
#ifndef MIGTRACE_CORE_FIGURES_SERIES_H
#define MIGTRACE_CORE_FIGURES_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SERIES_MAX 1000 /* the tests compare each value with each other one */

/* The tests say nothing that chance brings about in more than one case of a hundred. */
#define SERIES_P 0.01

/* Returns the smallest value that at least that share (0 to 1) of the values does not exceed
 * (nearest rank); there is at least one. The values are put in order. */
int64_t series_quantile(int64_t *values, size_t count, double share);

enum trend { TREND_NONE, TREND_RISING, TREND_FALLING };

/* Returns whether the values, in order of time, rise or fall (Mann and Kendall, two-sided). */
enum trend series_trend(const int64_t *values, size_t count);

/* Where the values changed. */
struct change_point {
	bool is_there;
	size_t at; /* the first value after it */
	double p;  /* of chance, at most */
};

/* Finds the instant at which the values, in order of time, changed most (Pettitt 1979). */
struct change_point series_change(const int64_t *values, size_t count);

#endif
