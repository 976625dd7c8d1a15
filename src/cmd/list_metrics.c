/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a store's halves add up to, in Prometheus's text format: for node-exporter's textfiles. */
#include "cmd/list_metrics.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "core/figures/series.h"
#include "report/words.h"

#define OUTCOMES (OUTCOME_UNFINISHED + 1)
#define ROLES	 (ROLE_DESTINATION + 1)
#define FINDINGS 1000 /* MT000 to MT999 */

/* Of the last halves how long their part of the downtime was. */
struct parts {
	int64_t ns[SERIES_MAX];
	size_t seen;
};

/* All is of what is there: halves that are too old go, and no counter may fall. */
struct list_metrics {
	uint64_t halves[ROLES][OUTCOMES], findings[FINDINGS];
	struct parts parts[ROLES];
	int64_t bytes, last_end_ns;
};

struct list_metrics *list_metrics_new(void)
{
	return memory_needed(calloc(1, sizeof(struct list_metrics)));
}

void list_metrics_free(struct list_metrics *metrics)
{
	free(metrics);
}

static enum outcome outcome_of(const struct half *half)
{
	int outcome = OUTCOMES - 1;

	while (outcome > OUTCOME_UNKNOWN &&
	       strcmp(half->outcome, outcome_name((enum outcome)outcome)) != 0)
		outcome--;
	return (enum outcome)outcome;
}

void list_metrics_take(struct list_metrics *metrics, const struct half *half)
{
	enum role role =
		strcmp(half->role, role_name(ROLE_SOURCE)) ? ROLE_DESTINATION : ROLE_SOURCE;
	int64_t part_ns = half->figure[FIGURE_DOWNTIME].lo_ns;
	struct parts *parts = &metrics->parts[role];
	unsigned int finding;

	metrics->halves[role][outcome_of(half)]++;
	if (sscanf(half->finding, "MT%3u", &finding) == 1)
		metrics->findings[finding]++;
	if (part_ns >= 0)
		parts->ns[parts->seen++ % SERIES_MAX] = part_ns;
	metrics->bytes += half->bytes;
	if (half->end_ns > metrics->last_end_ns)
		metrics->last_end_ns = half->end_ns;
}

static void head_print(FILE *out, const char *name, const char *help)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

static void parts_print(FILE *out, const struct list_metrics *metrics, const char *name,
			const char *help, double share)
{
	head_print(out, name, help);
	for (int role = 0; role < ROLES; role++) {
		const struct parts *parts = &metrics->parts[role];
		size_t count = parts->seen < SERIES_MAX ? parts->seen : SERIES_MAX;
		int64_t sorted[SERIES_MAX];

		memcpy(sorted, parts->ns, sizeof(sorted));
		if (count)
			fprintf(out, "%s{role=\"%s\"} %.9f\n", name, role_name((enum role)role),
				(double)series_quantile(sorted, count, share) / 1e9);
	}
}

void list_metrics_print(FILE *out, const struct list_metrics *metrics)
{
	head_print(out, "migtrace_store_halves", "Halves of migrations that this host keeps.");
	for (int role = 0; role < ROLES; role++)
		for (int outcome = 0; outcome < OUTCOMES; outcome++)
			fprintf(out,
				"migtrace_store_halves{role=\"%s\",outcome=\"%s\"} %" PRIu64 "\n",
				role_name((enum role)role), outcome_name((enum outcome)outcome),
				metrics->halves[role][outcome]);
	head_print(out, "migtrace_store_findings", "Halves by what was found first.");
	for (int i = 0; i < FINDINGS; i++)
		if (metrics->findings[i])
			fprintf(out, "migtrace_store_findings{finding=\"MT%03d\"} %" PRIu64 "\n", i,
				metrics->findings[i]);
	parts_print(out, metrics, "migtrace_store_downtime_part_median_seconds",
		    "Part of a downtime that this host alone has seen, of the last 1000.", 0.5);
	parts_print(out, metrics, "migtrace_store_downtime_part_worst_seconds",
		    "The longest one of them.", 1);
	head_print(out, "migtrace_store_bytes", "Room that the halves take.");
	fprintf(out, "migtrace_store_bytes %" PRId64 "\n", metrics->bytes);
	head_print(out, "migtrace_store_last_end_timestamp_seconds",
		   "When the last migration ended; 0: there was none.");
	fprintf(out, "migtrace_store_last_end_timestamp_seconds %.3f\n",
		(double)metrics->last_end_ns / 1e9);
}
