/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A histogram's series, one for each outcome and flavour, in what Prometheus reads. */
#ifndef MIGTRACE_COLLECT_SERIES_H
#define MIGTRACE_COLLECT_SERIES_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "collect/row.h"

#define SERIES_MAX 256 /* whatever words come, there are no more */
#define BUCKETS	   17  /* at most; the last one of a histogram has no bound */

struct exemplar {
	char id[NONCE_TEXT]; /* "": none */
	double value_s;
	int64_t at_ms;
};

struct series {
	char outcome[WORD_TEXT], flavour[WORD_TEXT]; /* "": of all */
	uint64_t count, buckets[BUCKETS];
	double sum_s;
	struct exemplar exemplars[BUCKETS];
};

struct family {
	struct series series[SERIES_MAX];
	size_t count;
};

struct histogram {
	const char *name, *help;
	const double *bounds_s; /* rising */
	size_t bound_count;
};

/* Returns the series, which begins at 0; where there are too many it is that of "other". */
struct series *series_get(struct family *family, const char *outcome, const char *flavour);

/* Counts the value; the exemplar's id and time are those of what it was seen of. */
void series_observe(struct series *series, const struct histogram *histogram,
		    const struct exemplar *of, double value_s);

/* Writes what a family begins with. */
void family_head(FILE *out, const char *name, const char *type, const char *help);

/* Writes the series' labels, and more (or ""). */
void series_labels(FILE *out, const struct series *series, const char *more);

/* Writes all of the histogram; is_open: as OpenMetrics has it, with exemplars. */
void histogram_write(FILE *out, const struct histogram *histogram, const struct family *family,
		     bool is_open);

#endif
