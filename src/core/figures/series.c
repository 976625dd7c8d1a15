/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A figure of one migration after the other: what is usual, and whether that has changed. */
#include "core/figures/series.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#define Z_OF_P 2.5758 /* of the normal distribution, two-sided, for SERIES_P */

static int by_value(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

int64_t series_quantile(int64_t *values, size_t count, double share)
{
	size_t rank = (size_t)ceil(share * (double)count);

	assert(count && share >= 0 && rank <= count);
	qsort(values, count, sizeof(*values), by_value);
	return values[rank ? rank - 1 : 0];
}

static int sign(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

/* H. B. Mann, Econometrica 13 (1945); the variance without its term for ties is the larger one. */
enum trend series_trend(const int64_t *values, size_t count)
{
	double n = (double)count, variance = n * (n - 1) * (2 * n + 5) / 18, z;
	int64_t s = 0;

	assert(count <= SERIES_MAX);
	for (size_t i = 0; i < count; i++)
		for (size_t j = i + 1; j < count; j++)
			s += sign(values[j], values[i]);
	assert(llabs(s) <= (int64_t)(count * count));
	if (!s || variance <= 0)
		return TREND_NONE;
	z = (double)(s > 0 ? s - 1 : s + 1) / sqrt(variance);
	if (z > Z_OF_P)
		return TREND_RISING;
	return z < -Z_OF_P ? TREND_FALLING : TREND_NONE;
}

/* A. N. Pettitt, Applied Statistics 28 (1979): of all ways to cut the series in two the one whose
 * halves differ most in rank. */
struct change_point series_change(const int64_t *values, size_t count)
{
	double n = (double)count, k;
	struct change_point change = {false, 0, 1};
	int64_t u = 0, most = 0;

	for (size_t at = 0; at + 1 < count; at++) {
		for (size_t j = 0; j < count; j++)
			u += sign(values[at], values[j]);
		if (llabs(u) <= most)
			continue;
		most = llabs(u);
		change.at = at + 1;
	}
	k = (double)most;
	if (most)
		change.p = fmin(1, 2 * exp(-6 * k * k / (n * n * n + n * n)));
	change.is_there = change.p < SERIES_P;
	assert(change.at < count || !change.is_there);
	assert(change.p >= 0 && change.p <= 1);
	return change;
}
