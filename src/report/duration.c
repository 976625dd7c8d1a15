/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Durations as people read them: 33.8 ms ±0.2, and never narrower than what is known. */
#include "report/duration.h"

#include <stdio.h>
#include <stdlib.h>

#define NS_PER_TENTH	 INT64_C(100000)
#define NS_PER_HUNDREDTH INT64_C(10000)

/* Returns the nearest multiple of unit, sides away from 0. */
static int64_t round_to(int64_t ns, int64_t unit)
{
	int64_t side = ns < 0 ? -unit / 2 : unit / 2;

	return (ns + side) / unit * unit;
}

/* Returns the distance of the farther bound from the printed middle, rounded up. */
static int64_t half_width(const struct quantity *quantity, int64_t middle_ns, int64_t unit)
{
	int64_t up = quantity->hi_ns - middle_ns, down = middle_ns - quantity->lo_ns;
	int64_t wider = up > down ? up : down;

	return (wider + unit - 1) / unit * unit;
}

static void ms_format(int64_t ns, int64_t unit, char *text, size_t size)
{
	const char *sign = ns < 0 ? "-" : "";
	long long tenths = llabs(ns) / unit;

	if (unit == NS_PER_TENTH)
		snprintf(text, size, "%s%lld.%lld", sign, tenths / 10, tenths % 10);
	else
		snprintf(text, size, "%s%lld.%02lld", sign, tenths / 100, tenths % 100);
}

void duration_format(const struct quantity *quantity, char *text, size_t size)
{
	int64_t unit = NS_PER_TENTH, middle_ns;
	char middle[32], width[32];

	if (!quantity->known) {
		snprintf(text, size, "unknown");
		return;
	}
	if (quantity->hi_ns > quantity->lo_ns &&
	    quantity->hi_ns - quantity->lo_ns < 2 * NS_PER_TENTH)
		unit = NS_PER_HUNDREDTH;
	middle_ns = round_to(quantity->est_ns, unit);
	ms_format(middle_ns, unit, middle, sizeof(middle));
	if (quantity->hi_ns == quantity->lo_ns) {
		snprintf(text, size, "%s ms", middle);
		return;
	}
	ms_format(half_width(quantity, middle_ns, unit), unit, width, sizeof(width));
	snprintf(text, size, "%s ms ±%s", middle, width);
}

void duration_format_range(int64_t lo_ns, int64_t hi_ns, char *text, size_t size)
{
	int64_t lo = lo_ns / NS_PER_HUNDREDTH;
	int64_t hi = (hi_ns + NS_PER_HUNDREDTH - 1) / NS_PER_HUNDREDTH;

	if (lo_ns == hi_ns)
		snprintf(text, size, "%.2f ms", (double)lo_ns / 1e6);
	else
		snprintf(text, size, "%.2f to %.2f ms", (double)lo / 100, (double)hi / 100);
}

int text_columns(const char *text)
{
	int columns = 0;

	for (; *text; text++)
		if ((*text & 0xc0) != 0x80)
			columns++;
	return columns;
}
