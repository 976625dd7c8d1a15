/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Durations as people read them: 33.8 ms ±0.2, and never narrower than what is known. */
#ifndef MIGTRACE_REPORT_DURATION_H
#define MIGTRACE_REPORT_DURATION_H

#include <stddef.h>

#include "core/event/quantity.h"

#define DURATION_SHOWN_NS 10000 /* ranges are shown to as much */
#define DURATION_TEXT	  64

/*
 * Writes the quantity to text in ms: with one digit behind the point, or two where it is known
 * better than 0.1 ms; "unknown" where it is not known. What is printed contains lo and hi.
 */
void duration_format(const struct quantity *quantity, char *text, size_t size);

/* The same for what does not show ±: "33.75 to 33.92 ms", or "33.80 ms" where that is the same. */
void duration_format_range(int64_t lo_ns, int64_t hi_ns, char *text, size_t size);

/* Returns how many columns of a terminal the text takes: UTF-8 has more bytes than that. */
int text_columns(const char *text);

#endif
