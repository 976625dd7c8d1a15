/* SPDX-License-Identifier: GPL-2.0-or-later */
/* migtrace history: what is usual for a domain's migrations, or between two hosts, and when that
 * changed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/diag.h"
#include "base/memory.h"
#include "cmd/commands.h"
#include "core/figures/series.h"
#include "report/duration.h"
#include "report/terminal.h"
#include "sandbox/confine.h"

#define COLUMN	 12
#define BARS_MAX 23

/* One figure of each half that has it, in order of time. */
struct figure_series {
	int64_t ns[SERIES_MAX], when_ns[SERIES_MAX];
	size_t count;
	bool is_part; /* some are the least that it can be */
};

/* Those of one role: each host has a part of its own of the figures. */
struct history {
	const struct list_options *options;
	const char *domain;    /* NULL: all */
	const char *from, *to; /* hosts; NULL: all */
	const char *role;
	size_t halves, completed;
	int64_t first_ns, last_ns;
	struct figure_series figure[FIGURES];
};

static void series_add(struct figure_series *series, int64_t ns, int64_t when_ns)
{
	if (series->count == SERIES_MAX) {
		memmove(series->ns, series->ns + 1, --series->count * sizeof(*series->ns));
		memmove(series->when_ns, series->when_ns + 1,
			series->count * sizeof(*series->when_ns));
	}
	series->ns[series->count] = ns;
	series->when_ns[series->count++] = when_ns;
}

/* A half has the name of its own host, and that of the other one. */
static bool is_between(const struct history *history, const struct half *half)
{
	bool is_source = half->role[0] == 's';

	return !history->from || (!strcmp(is_source ? half->host : half->peer, history->from) &&
				  !strcmp(is_source ? half->peer : half->host, history->to));
}

static bool half_take(void *arg, const struct half *half)
{
	struct history *history = arg;

	if (strcmp(half->role, history->role) != 0 || half->end_ns < history->options->since_ns ||
	    (history->domain && !half_is_of(half, history->domain)) || !is_between(history, half))
		return true;
	if (!history->halves++)
		history->first_ns = half->begin_ns;
	history->last_ns = half->begin_ns;
	if (strcmp(half->outcome, "completed") != 0)
		return true;
	history->completed++;
	for (size_t i = 0; i < FIGURES; i++) {
		const struct half_bounds *bounds = &half->figure[i];

		if (bounds->lo_ns < 0)
			continue;
		history->figure[i].is_part |= bounds->hi_ns < 0;
		series_add(&history->figure[i], bounds->lo_ns, half->begin_ns);
	}
	return true;
}

static void duration_print(FILE *out, int64_t ns, bool is_part)
{
	char text[DURATION_TEXT];

	if (is_part) /* which is at least so much: nothing is rounded up */
		ns -= ns % DURATION_SHOWN_NS;
	duration_format_range(ns, ns, text, sizeof(text));
	fprintf(out, " %s%*s", is_part ? ">" : " ", COLUMN, text);
}

/* The last ones, from none to the longest. */
static void bars_print(FILE *out, const struct figure_series *series)
{
	static const char *const bars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	size_t first = series->count > BARS_MAX ? series->count - BARS_MAX : 0;
	int64_t most = 1;

	for (size_t i = first; i < series->count; i++)
		most = series->ns[i] > most ? series->ns[i] : most;
	fprintf(out, "  ");
	for (size_t i = first; i < series->count; i++)
		fputs(bars[(size_t)((double)series->ns[i] / (double)most * 7)], out);
	fprintf(out, "\n");
}

static void day_print(FILE *out, int64_t ns)
{
	time_t seconds = (time_t)(ns / 1000000000);
	char text[32] = "?";
	struct tm tm;

	if (gmtime_r(&seconds, &tm))
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M UTC", &tm);
	fputs(text, out);
}

static int64_t median_of(const int64_t *values, size_t count)
{
	int64_t sorted[SERIES_MAX];

	memcpy(sorted, values, count * sizeof(*values));
	return series_quantile(sorted, count, 0.5);
}

static void change_print(FILE *out, const char *name, const struct figure_series *series)
{
	static const char *const trends[] = {"", "rises", "falls"};
	enum trend trend = series_trend(series->ns, series->count);
	struct change_point change = series_change(series->ns, series->count);

	if (trend != TREND_NONE)
		fprintf(out, "%s %s (Mann-Kendall test, p < %g)\n", name, trends[trend], SERIES_P);
	if (!change.is_there)
		return;
	fprintf(out, "%s changed at ", name);
	day_print(out, series->when_ns[change.at]);
	fprintf(out, " (Pettitt's test, p < %.2g)\n  median before:", change.p);
	duration_print(out, median_of(series->ns, change.at), series->is_part);
	fprintf(out, ", since then:");
	duration_print(out, median_of(series->ns + change.at, series->count - change.at),
		       series->is_part);
	fprintf(out, "\n");
}

static void figure_print(FILE *out, const char *name, const struct figure_series *series)
{
	int64_t sorted[SERIES_MAX];

	memcpy(sorted, series->ns, series->count * sizeof(*sorted));
	fprintf(out, "%-12s", name);
	duration_print(out, series_quantile(sorted, series->count, 0.5), series->is_part);
	duration_print(out, series_quantile(sorted, series->count, 0.95), series->is_part);
	duration_print(out, series_quantile(sorted, series->count, 1), series->is_part);
	bars_print(out, series);
}

static void history_print(FILE *out, const struct history *history)
{
	if (history->from)
		fprintf(out, "%s -> %s", history->from, history->to);
	else
		fprintf(out, "%s", history->domain ?: "all domains");
	fprintf(out, ": %zu migrations seen by their %s, %zu completed\nfrom ", history->halves,
		history->role, history->completed);
	day_print(out, history->first_ns);
	fprintf(out, " to ");
	day_print(out, history->last_ns);
	fprintf(out, "\n");
	if (!history->completed)
		return;
	fprintf(out, "\n%-12s %*s %*s %*s   the last %zu, from 0 on\n", "", COLUMN + 1, "median",
		COLUMN + 1, "p95", COLUMN + 1, "worst",
		history->completed < BARS_MAX ? history->completed : BARS_MAX);
	for (size_t i = 0; i < FIGURES; i++)
		if (history->figure[i].count)
			figure_print(out, figure_name(i), &history->figure[i]);
	fprintf(out, "\n");
	for (size_t i = 0; i < FIGURES; i++)
		change_print(out, figure_name(i), &history->figure[i]);
}

/* The source sees more of it; a host that has only received knows its own part. */
static int history_read(const struct store *store, struct history *history)
{
	static const char *const roles[] = {"source", "destination"};
	int err = 0;

	for (size_t i = 0; !err && i < 2 && !history->halves; i++) {
		history->role = roles[i];
		err = store_each(store, half_take, history);
	}
	return err;
}

/* Prints one, if there is something. Returns whether there was; *err: it could not be read. */
static bool history_show(FILE *out, const struct store *store, struct history *history, int *err)
{
	*err = history_read(store, history);
	if (*err || !history->halves)
		return false;
	history_print(out, history);
	return true;
}

/* Both ways between the two hosts. */
static enum status histories_show(const struct store *store, const struct options *options,
				  struct history *history)
{
	const struct list_options *list = &options->list;
	char *const *names = options->files;
	FILE *out = text_open(stdout);
	size_t shown = 0, ways = list->is_pair ? 2 : 1;
	int err = 0;

	for (size_t i = 0; !err && i < ways; i++) {
		*history = (struct history){.options = list};
		if (list->is_pair) {
			history->from = names[i];
			history->to = names[!i];
		} else {
			history->domain = options->file_count ? names[0] : NULL;
		}
		shown += history_show(out, store, history, &err);
	}
	text_close(out, stdout);
	if (err)
		return STATUS_FAILURE;
	if (!shown)
		diag("no such migration in %s", list->reading.store ?: STORE_PATH);
	return shown ? STATUS_OK : STATUS_INCOMPLETE;
}

static const char *usage_wrong(const struct options *options)
{
	if (options->list.is_pair)
		return options->file_count == 2 ? NULL : "history --pair takes two hosts";
	return options->file_count > 1 ? "history takes one domain at most" : NULL;
}

enum status cmd_history(const struct options *options)
{
	struct history *history;
	struct store *store;
	enum status status = STATUS_FAILURE;

	if (usage_wrong(options)) {
		diag("%s", usage_wrong(options));
		return STATUS_USAGE;
	}
	history = memory_needed(calloc(1, sizeof(*history)));
	store = store_open(options->list.reading.store ?: STORE_PATH);
	if (store) {
		confine(CONFINE_READER);
		status = histories_show(store, options, history);
	}
	store_free(store);
	free(history);
	return status;
}
