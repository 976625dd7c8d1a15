/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Durations as people read them: 33.8 ms ±0.2, and never narrower than what is known. */
#include "report/duration.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* As snprintf(3) of %lld.%lld, which takes several times as long, and a list has some 10^5. */
static void ms_format(int64_t ns, int64_t unit, const char *ending, char *text, size_t size)
{
	int places = unit == NS_PER_TENTH ? 1 : 2;
	uint64_t left = (uint64_t)(llabs(ns) / unit);
	char number[DURATION_TEXT], *at = number + sizeof(number) - 1 - strlen(ending);

	strcpy(at, ending);
	for (int i = 0; left || i <= places; i++, left /= 10) {
		if (i == places)
			*--at = '.';
		*--at = (char)('0' + left % 10);
	}
	if (ns < 0)
		*--at = '-';
	memccpy(text, at, '\0', size);
	text[size - 1] = '\0';
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
	ms_format(middle_ns, unit, "", middle, sizeof(middle));
	if (quantity->hi_ns == quantity->lo_ns) {
		snprintf(text, size, "%s ms", middle);
		return;
	}
	ms_format(half_width(quantity, middle_ns, unit), unit, "", width, sizeof(width));
	snprintf(text, size, "%s ms ±%s", middle, width);
}

void duration_format_range(int64_t lo_ns, int64_t hi_ns, char *text, size_t size)
{
	int64_t lo = lo_ns / NS_PER_HUNDREDTH;
	int64_t hi = (hi_ns + NS_PER_HUNDREDTH - 1) / NS_PER_HUNDREDTH;

	if (lo_ns == hi_ns)
		ms_format(round_to(lo_ns, NS_PER_HUNDREDTH), NS_PER_HUNDREDTH, " ms", text, size);
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
