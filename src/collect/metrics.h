/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What Prometheus is told: of migrations that were stored, and of the collector itself. */
#ifndef MIGTRACE_COLLECT_METRICS_H
#define MIGTRACE_COLLECT_METRICS_H

#include <stdbool.h>
#include <stdio.h>

#include "collect/counts.h"
#include "collect/row.h"

struct metrics;

/* Returns them, all 0; NULL without memory. metrics_free() frees. */
struct metrics *metrics_new(void);

/* Counts a migration that was stored delay_ms after its last half had come; now_ms is of the wall
 * clock. */
void metrics_migration(struct metrics *metrics, const struct migration_row *row, int64_t delay_ms,
		       int64_t now_ms);

/* What else there is to tell. */
struct gauges {
	const struct counts *counts;
	size_t partitions;
	/* Of the database, which other collectors may share. */
	bool is_read; /* the rest is known */
	int64_t senders, unread, unread_ms, waiting, missing, traces;
};

/* A row_fn for FIGURES_GET: arg is a struct gauges. */
int gauges_note(void *arg, const struct value *columns, size_t count);

/*
 * Writes them in Prometheus's text format 0.0.4; is_open: as OpenMetrics 1.0.0, with a migration's
 * id as exemplar of each bucket.
 */
void metrics_write(const struct metrics *metrics, const struct gauges *gauges, bool is_open,
		   FILE *out);

/* NULL is none. */
void metrics_free(struct metrics *metrics);

#endif
