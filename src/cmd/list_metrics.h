/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a store's halves add up to, in Prometheus's text format: for node-exporter's textfiles. */
#ifndef MIGTRACE_CMD_LIST_METRICS_H
#define MIGTRACE_CMD_LIST_METRICS_H

#include <stdio.h>

#include "store/half.h"

struct list_metrics;

/* Returns them, all 0. list_metrics_free() frees. */
struct list_metrics *list_metrics_new(void);

void list_metrics_take(struct list_metrics *metrics, const struct half *half);

void list_metrics_print(FILE *out, const struct list_metrics *metrics);

/* NULL is none. */
void list_metrics_free(struct list_metrics *metrics);

#endif
