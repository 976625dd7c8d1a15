/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A histogram's series, one for each outcome and flavour, in what Prometheus reads. */
#include "collect/series.h"

#include <inttypes.h>
#include <string.h>

#define OTHER "other"

static struct series *series_find(struct family *family, const char *outcome, const char *flavour)
{
	for (size_t i = 0; i < family->count; i++)
		if (!strcmp(family->series[i].outcome, outcome) &&
		    !strcmp(family->series[i].flavour, flavour))
			return &family->series[i];
	return NULL;
}

struct series *series_get(struct family *family, const char *outcome, const char *flavour)
{
	struct series *series = series_find(family, outcome, flavour);

	if (!series && family->count >= SERIES_MAX - 1) {
		outcome = flavour = OTHER;
		series = series_find(family, outcome, flavour);
	}
	if (series)
		return series;
	series = &family->series[family->count++];
	strcpy(series->outcome, outcome);
	strcpy(series->flavour, flavour);
	return series;
}

void series_observe(struct series *series, const struct histogram *histogram,
		    const struct exemplar *of, double value_s)
{
	size_t bucket = 0;

	while (bucket < histogram->bound_count && value_s > histogram->bounds_s[bucket])
		bucket++;
	series->count++;
	series->buckets[bucket]++;
	series->sum_s += value_s;
	series->exemplars[bucket] = *of;
	series->exemplars[bucket].value_s = value_s;
}

void family_head(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void series_labels(FILE *out, const struct series *series, const char *more)
{
	const char *separator = *series->outcome && *more ? "," : "";

	if (*series->outcome)
		fprintf(out, "{outcome=\"%s\",flavour=\"%s\"%s%s}", series->outcome,
			series->flavour, separator, more);
	else if (*more)
		fprintf(out, "{%s}", more);
}

static void exemplar_write(FILE *out, const struct exemplar *exemplar)
{
	if (*exemplar->id)
		fprintf(out, " # {migration_id=\"%s\"} %.9g %.3f", exemplar->id, exemplar->value_s,
			(double)exemplar->at_ms / 1e3);
}

static void series_write(FILE *out, const struct histogram *histogram, const struct series *series,
			 bool is_open)
{
	uint64_t count = 0;
	char bound[32];

	for (size_t i = 0; i <= histogram->bound_count; i++) {
		count += series->buckets[i];
		/* OpenMetrics has them as floats, and who changes between both wants the same. */
		if (i < histogram->bound_count)
			snprintf(bound, sizeof(bound), "le=\"%g%s\"", histogram->bounds_s[i],
				 histogram->bounds_s[i] >= 1 ? ".0" : "");
		else
			strcpy(bound, "le=\"+Inf\"");
		fprintf(out, "%s_bucket", histogram->name);
		series_labels(out, series, bound);
		fprintf(out, " %" PRIu64, count);
		if (is_open)
			exemplar_write(out, &series->exemplars[i]);
		fputc('\n', out);
	}
	fprintf(out, "%s_sum", histogram->name);
	series_labels(out, series, "");
	fprintf(out, " %.9g\n%s_count", series->sum_s, histogram->name);
	series_labels(out, series, "");
	fprintf(out, " %" PRIu64 "\n", series->count);
}

void histogram_write(FILE *out, const struct histogram *histogram, const struct family *family,
		     bool is_open)
{
	family_head(out, histogram->name, "histogram", histogram->help);
	for (size_t i = 0; i < family->count; i++)
		series_write(out, histogram, &family->series[i], is_open);
}
