/* SPDX-License-Identifier: GPL-2.0-or-later */
/* migtrace list: the halves of migrations in a store, a row each. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/json.h"
#include "base/json_line.h"
#include "cmd/commands.h"
#include "cmd/list_metrics.h"
#include "report/duration.h"
#include "report/object.h"
#include "report/terminal.h"
#include "sandbox/confine.h"

/* What is listed, and how far that has come. */
struct listing {
	const struct list_options *options;
	const char *domain; /* NULL: all */
	FILE *out;
	struct list_metrics *metrics; /* NULL: rows are wanted */
	size_t rows;
};

static bool is_worse(const struct conditions *worse, const struct half *half)
{
	for (size_t i = 0; i < worse->count; i++) {
		const struct half_bounds *bounds = &half->figure[worse->one[i].figure];
		int64_t lo_ns = bounds->lo_ns < 0 ? 0 : bounds->lo_ns;
		int64_t hi_ns = bounds->hi_ns < 0 ? INT64_MAX : bounds->hi_ns;

		if (condition_judge_bounds(&worse->one[i], lo_ns, hi_ns) != CONDITION_HOLDS)
			return false;
	}
	return true;
}

static bool is_wanted(const struct listing *listing, const struct half *half)
{
	return half->end_ns >= listing->options->since_ns &&
	       (!listing->domain || half_is_of(half, listing->domain)) &&
	       is_worse(&listing->options->worse, half);
}

#define BLANKS "                            "

/* As printf()'s %*s, of some 10^5 rows: before the text blanks up to the width, or behind it. */
static void cell_print(FILE *out, const char *text, int width)
{
	int lacks = abs(width) - text_columns(text);

	lacks = lacks > 0 ? lacks : 0;
	if (width > 0)
		fwrite_unlocked(BLANKS, 1, (size_t)lacks, out);
	fputs_unlocked(text, out);
	if (width < 0)
		fwrite_unlocked(BLANKS, 1, (size_t)lacks, out);
}

/* Of one host alone it may have been longer. */
static void bounds_print(FILE *out, const struct half_bounds *bounds)
{
	struct quantity quantity = {.known = true, .lo_ns = bounds->lo_ns, .hi_ns = bounds->hi_ns};
	/* Nothing is rounded up. */
	int64_t least_ns = bounds->lo_ns - bounds->lo_ns % DURATION_SHOWN_NS;
	char text[DURATION_TEXT];

	if (bounds->lo_ns < 0) {
		cell_print(out, "-", 14);
		return;
	}
	if (bounds->hi_ns < 0) {
		duration_format_range(least_ns, least_ns, text, sizeof(text));
		fputs_unlocked("  >", out);
		cell_print(out, text, 11);
		return;
	}
	quantity.est_ns = bounds->lo_ns + (bounds->hi_ns - bounds->lo_ns) / 2;
	duration_format(&quantity, text, sizeof(text));
	cell_print(out, text, 14);
}

static void half_print(struct listing *listing, const struct half *half)
{
	FILE *out = listing->out;

	if (!listing->rows)
		fprintf(out, "%-28s  %-10s  %12s  %12s  %s\n", "MIGRATION", "OUTCOME", "DOWNTIME",
			"ELAPSED", "DOMAIN");
	cell_print(out, half->id, -28);
	fputs_unlocked("  ", out);
	cell_print(out, half->outcome, -10);
	bounds_print(out, &half->figure[FIGURE_DOWNTIME]);
	bounds_print(out, &half->figure[FIGURE_ELAPSED]);
	fputs_unlocked("  ", out);
	fputs_unlocked(half->name, out);
	putc_unlocked('\n', out);
}

static void text_add(struct json_object *object, const char *key, const char *text)
{
	add_string(object, key, strcmp(text, "-") ? text : NULL);
}

static void number_add(struct json_object *object, const char *key, int64_t number)
{
	add_opt(object, key, &(struct opt_i64){.known = number >= 0, .v = number});
}

static struct json_object *bounds_json(const struct half_bounds *bounds)
{
	struct json_object *object = json_object_new_object();

	number_add(object, "lo_ns", bounds->lo_ns);
	number_add(object, "hi_ns", bounds->hi_ns);
	return object;
}

static void half_print_json(const struct listing *listing, const struct half *half)
{
	struct json_object *object = json_object_new_object();

	text_add(object, "schema", "migtrace.half/1");
	text_add(object, "id", half->id);
	text_add(object, "uuid", half->uuid);
	text_add(object, "name", half->name);
	text_add(object, "role", half->role);
	text_add(object, "host", half->host);
	text_add(object, "peer", half->peer);
	text_add(object, "outcome", half->outcome);
	text_add(object, "finding", half->finding);
	number_add(object, "begin_real_ns", half->begin_ns);
	number_add(object, "end_real_ns", half->end_ns);
	number_add(object, "bytes", half->bytes);
	for (size_t i = 0; i < FIGURES; i++)
		json_object_object_add(object, figure_name(i), bounds_json(&half->figure[i]));
	json_line_write(listing->out, object);
}

static bool half_list(void *arg, const struct half *half)
{
	struct listing *listing = arg;

	if (!is_wanted(listing, half))
		return true;
	if (listing->metrics)
		list_metrics_take(listing->metrics, half);
	else if (listing->options->is_json)
		half_print_json(listing, half);
	else
		half_print(listing, half);
	listing->rows++;
	return !ferror(listing->out);
}

/* Returns as store_each(). */
static int halves_list(const struct store *store, struct listing *listing)
{
	int err;

	listing->out = listing->options->is_json ? stdout : text_open(stdout);
	err = store_each(store, half_list, listing);
	if (listing->out != stdout)
		text_close(listing->out, stdout);
	return err;
}

/* An empty store is none that is amiss. */
static enum status metrics_list(const struct store *store, struct listing *listing)
{
	int err;

	listing->out = stdout;
	listing->metrics = list_metrics_new();
	err = store_each(store, half_list, listing);
	if (!err)
		list_metrics_print(stdout, listing->metrics);
	list_metrics_free(listing->metrics);
	return err ? STATUS_FAILURE : STATUS_OK;
}

static const char *usage_wrong(const struct options *options)
{
	if (options->list.is_json && options->list.is_metrics)
		return "list: --json or --metrics";
	return options->file_count > 1 ? "list takes one domain at most" : NULL;
}

enum status cmd_list(const struct options *options)
{
	struct listing listing = {.options = &options->list};
	const char *path = options->list.reading.store ?: STORE_PATH;
	struct store *store;
	enum status status;

	if (usage_wrong(options)) {
		diag("%s", usage_wrong(options));
		return STATUS_USAGE;
	}
	listing.domain = options->file_count ? options->files[0] : NULL;
	store = store_open(path);
	if (!store)
		return STATUS_FAILURE;
	confine(CONFINE_READER);
	if (options->list.is_metrics)
		status = metrics_list(store, &listing);
	else if (halves_list(store, &listing))
		status = STATUS_FAILURE;
	else
		status = listing.rows ? STATUS_OK : STATUS_INCOMPLETE;
	store_free(store);
	if (status == STATUS_INCOMPLETE)
		diag("no such migration in %s", path);
	return status;
}
