/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A report as one page that needs nothing else: the JSON of all migrations, and what draws it. */
#include "page.h" /* made of src/report/page by tools/make-page */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_line.h"
#include "base/memory.h"
#include "report/object.h"
#include "report/worst.h"

/* In JSON these are only within strings. Nothing of what others named can end the script then. */
static const struct {
	const char *bytes, *escaped;
} escapes[] = {
	{"<", "\\u003c"},
	{">", "\\u003e"},
	{"&", "\\u0026"},
	{"\xe2\x80\xa8", "\\u2028"},
	{"\xe2\x80\xa9", "\\u2029"},
};

/* Returns the escape of what is at that place, or -1. */
static int escape_at(const char *text)
{
	for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++)
		if (!strncmp(text, escapes[i].bytes, strlen(escapes[i].bytes)))
			return (int)i;
	return -1;
}

static void print_escaped(FILE *out, const char *json)
{
	while (*json) {
		int escape = escape_at(json);

		if (escape < 0) {
			fputc(*json++, out);
			continue;
		}
		fputs(escapes[escape].escaped, out);
		json += strlen(escapes[escape].bytes);
	}
}

#define WHOLE_MAX	300 /* migrations, the worst */
#define WHOLE_BYTES_MAX (6u << 20)
#define ROWS_MAX	10000
#define ROWS_BYTES_MAX	(4u << 20)

/* It is of bounded size, however many migrations there are. */
struct page {
	struct worst whole, rows; /* JSON: [index, it] */
};

int html_begin(FILE *out, struct page **page)
{
	*page = memory_needed(calloc(1, sizeof(**page)));
	(*page)->whole = (struct worst){.count_max = WHOLE_MAX, .bytes_max = WHOLE_BYTES_MAX};
	(*page)->rows = (struct worst){.count_max = ROWS_MAX, .bytes_max = ROWS_BYTES_MAX};
	fwrite(page_head, 1, sizeof(page_head), out);
	return ferror(out) ? -EIO : 0;
}

/* Whose guest is in danger comes first; then how long it was down, as far as that is known. */
static int64_t rank_of(const struct account *account)
{
	const struct quantity *downtime = &account->figures.downtime;

	for (size_t i = 0; i < account->found_count; i++)
		if (account->found[i].finding->kind == FINDING_ALARM)
			return INT64_MAX;
	if (downtime->known)
		return downtime->est_ns;
	return account->downtime_seen.known ? account->downtime_seen.est_ns : -1;
}

static int object_add(struct worst *worst, int64_t rank, size_t index, struct json_object *object)
{
	struct json_object *pair = json_object_new_array();
	int err;

	json_object_array_add(pair, json_object_new_int64((int64_t)index));
	json_object_array_add(pair, object);
	err = worst_add(worst, rank, json_line(pair));
	json_object_put(pair);
	return err;
}

static void member_copy(struct json_object *to, struct json_object *from, const char *key)
{
	struct json_object *value;

	if (json_object_object_get_ex(from, key, &value))
		json_object_object_add(to, key, json_object_get(value));
}

/* As in the report, without how it was found. */
static struct json_object *quantity_short(struct json_object *report, const char *key)
{
	static const char *const members[] = {"unknown", "est_ns", "lo_ns", "hi_ns"};
	struct json_object *to = json_object_new_object(), *from = NULL;

	json_object_object_get_ex(report, key, &from);
	for (size_t i = 0; from && i < sizeof(members) / sizeof(members[0]); i++)
		member_copy(to, from, members[i]);
	return to;
}

/* Of the parts the longest one. */
static struct json_object *part_short(struct json_object *report)
{
	struct json_object *to = json_object_new_array(), *parts, *longest = NULL, *ns, *duration;
	int64_t most = -1;

	json_object_object_get_ex(report, "breakdown", &parts);
	for (size_t i = 0; i < json_object_array_length(parts); i++) {
		struct json_object *part = json_object_array_get_idx(parts, i);

		json_object_object_get_ex(part, "duration", &duration);
		if (!json_object_object_get_ex(duration, "est_ns", &ns) ||
		    json_object_get_int64(ns) <= most)
			continue;
		most = json_object_get_int64(ns);
		longest = part;
	}
	if (longest) {
		struct json_object *part = json_object_new_object();

		member_copy(part, longest, "side");
		member_copy(part, longest, "name");
		member_copy(part, longest, "duration");
		json_object_array_add(to, part);
	}
	return to;
}

/* What a row of the list shows, with the report's own names. */
static struct json_object *row_object(struct json_object *report)
{
	static const char *const members[] = {"domain", "source", "destination", "started_real_ns",
					      "outcome"};
	struct json_object *row = json_object_new_object();

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		member_copy(row, report, members[i]);
	json_object_object_add(row, "downtime", quantity_short(report, "downtime"));
	json_object_object_add(row, "elapsed", quantity_short(report, "elapsed"));
	json_object_object_add(row, "breakdown", part_short(report));
	return row;
}

int html_one(FILE *out, const struct report *report, size_t index, struct page *page)
{
	struct json_object *object, *row;
	struct timeline timeline;
	int64_t rank = rank_of(report->account);
	int err = timeline_find(report->account, &timeline);

	if (!err) {
		object = json_object_new_object();
		json_object_object_add(object, "report", report_object(report));
		json_object_object_add(object, "timeline", timeline_object(&timeline));
		row = row_object(json_object_object_get(object, "report"));
		err = object_add(&page->whole, rank, index, object)
			      ?: object_add(&page->rows, rank, index, row);
	}
	timeline_free(&timeline);
	if (!err && ferror(out))
		err = -EIO;
	return err;
}

static void texts_print(FILE *out, const char *key, struct worst *worst)
{
	fprintf(out, "\"%s\":[", key);
	worst_order(worst);
	for (size_t i = 0; i < worst->count; i++) {
		fputs(i ? ",\n" : "\n", out);
		print_escaped(out, worst->texts[i]->text);
	}
	fprintf(out, "\n]");
	worst_free(worst);
}

int html_end(FILE *out, struct page *page)
{
	if (!page)
		return 0;
	fprintf(out, "{\"count\":%zu,", page->rows.added);
	texts_print(out, "rows", &page->rows);
	fputs(",", out);
	texts_print(out, "whole", &page->whole);
	fputs("}", out);
	fwrite(page_tail, 1, sizeof(page_tail), out);
	free(page);
	return ferror(out) ? -EIO : 0;
}
