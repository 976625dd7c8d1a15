/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a collector shows of its migrations: one table of paths. */
#include "collect/pages.h"

#include <stdlib.h>
#include <string.h>
#include <json-c/json.h>

#include "base/json_line.h"
#include "base/time.h"
#include "base/when.h"
#include "collect/changes.h"
#include "collect/matcher.h"
#include "collect_page.h"

#define HTTP_OK	       200
#define HTTP_BAD       400
#define HTTP_NOT_FOUND 404
#define HTTP_NOT_NOW   503
#define TYPE_JSON      "application/json"
#define TYPE_HTML      "text/html; charset=utf-8"
#define TYPE_TEXT      "text/plain; version=0.0.4; charset=utf-8"
#define TYPE_OPEN      "application/openmetrics-text; version=1.0.0; charset=utf-8"
#define LIMIT_USUAL    1000
#define LIMIT_MOST     100000
#define SINCE_USUAL_NS (INT64_C(90) * 86400 * 1000000000)

struct page_call {
	struct served *served;
	const char *rest; /* of the path */
	const struct page_query *query;
	bool is_open_metrics;
};

static struct page_answer text_answer(const char *type, char *text)
{
	return (struct page_answer){HTTP_OK, type, text, text ? strlen(text) : 0};
}

static struct page_answer no_answer(unsigned int status)
{
	return (struct page_answer){.status = status};
}

static struct page_answer metrics_get(const struct page_call *call)
{
	struct page_answer answer = {HTTP_OK, call->is_open_metrics ? TYPE_OPEN : TYPE_TEXT, NULL,
				     0};
	FILE *out = open_memstream(&answer.bytes, &answer.size);
	struct gauges *gauges = &call->served->gauges;

	if (!out)
		return no_answer(HTTP_NOT_NOW);
	gauges->is_read = false;
	database_run(call->served->database, FIGURES_GET, NULL, 0, gauges_note, gauges);
	metrics_write(call->served->metrics, gauges, call->is_open_metrics, out);
	fclose(out);
	return answer;
}

static struct page_answer list_page_get(const struct page_call *call)
{
	(void)call;
	return text_answer(TYPE_HTML, strndup((const char *)collect_page, sizeof(collect_page)));
}

static struct json_object *value_json(const struct value *value)
{
	if (value->type == VALUE_NUMBER)
		return json_object_new_int64(value->number);
	return value->type == VALUE_TEXT ? json_object_new_string(value->bytes) : NULL;
}

/* As MIGRATIONS_LIST has them. */
static const char *const columns_of_list[] = {
	"id",
	"uuid",
	"name",
	"source",
	"destination",
	"outcome",
	"flavour",
	"finding",
	"started_real_ns",
	"elapsed_lo_ns",
	"elapsed_hi_ns",
	"downtime_lo_ns",
	"downtime_hi_ns",
	"halves",
};

static int migration_list(void *arg, const struct value *columns, size_t count)
{
	struct json_object *migration = json_object_new_object();

	for (size_t i = 0; i < count; i++)
		json_object_object_add(migration, columns_of_list[i], value_json(&columns[i]));
	return json_object_array_add(arg, migration);
}

#define QUERY_VALUES 6

/* What OF_QUERY and its limit take; limit: what is usual. Returns whether the query is one. */
static bool query_read(const struct page_query *query, int64_t limit, struct value *values)
{
	int64_t now_ns = time_read_ns(CLOCK_REALTIME), since_ns = now_ns - SINCE_USUAL_NS;
	char *end = NULL;

	if (*query->since && !when_parse(query->since, now_ns, &since_ns))
		return false;
	if (*query->limit)
		limit = strtol(query->limit, &end, 10);
	if (*query->limit && (!end || *end || limit < 1 || limit > LIMIT_MOST))
		return false;
	values[0] = NUMBER_VALUE(since_ns);
	values[1] = text_value(query->host);
	values[2] = text_value(query->from);
	values[3] = text_value(query->to);
	values[4] = text_value(query->domain);
	values[5] = NUMBER_VALUE(limit);
	return true;
}

static struct page_answer document_answer(struct json_object *document)
{
	struct page_answer answer = text_answer(TYPE_JSON, strdup(json_line(document)));

	json_object_put(document);
	return answer;
}

static struct page_answer list_get(const struct page_call *call)
{
	struct value values[QUERY_VALUES];
	struct json_object *document, *list;

	if (!query_read(call->query, LIMIT_USUAL, values))
		return no_answer(HTTP_BAD);
	document = json_object_new_object();
	list = json_object_new_array();
	json_object_object_add(document, "schema", json_object_new_string("migtrace.fleet/1"));
	json_object_object_add(document, "migrations", list);
	if (database_run(call->served->database, MIGRATIONS_LIST, values, QUERY_VALUES,
			 migration_list, list) >= 0)
		return document_answer(document);
	json_object_put(document);
	return no_answer(HTTP_NOT_NOW);
}

/* What is usual of the same migrations, and when that changed. */
static struct page_answer changes_get(const struct page_call *call)
{
	struct value values[QUERY_VALUES];
	struct json_object *document;

	if (!query_read(call->query, CHANGES_MOST, values))
		return no_answer(HTTP_BAD);
	document = changes_json(call->served->database, values, QUERY_VALUES);
	return document ? document_answer(document) : no_answer(HTTP_NOT_NOW);
}

static int report_note(void *arg, const struct value *columns, size_t count)
{
	(void)count;
	*(char **)arg = strdup(value_text(&columns[0]));
	return 0;
}

static struct page_answer report_get(const struct page_call *call)
{
	const struct value key = text_value(call->rest);
	char *text = NULL;

	if (database_run(call->served->database, MIGRATION_GET, &key, 1, report_note, &text) < 0)
		return no_answer(HTTP_NOT_NOW);
	return text ? text_answer(TYPE_JSON, text) : no_answer(HTTP_NOT_FOUND);
}

/* Made of the halves as it is asked for: what they are made of is not kept twice. */
static struct page_answer migration_page_get(const struct page_call *call)
{
	const struct value key = text_value(call->rest);
	struct half_entries entries = {NULL, 0, 0};
	struct judge_half halves[JUDGE_HALVES];
	struct judge_answer judged = {.count = 0};
	struct page_answer answer = no_answer(HTTP_NOT_FOUND);
	int err = database_run(call->served->database, MIGRATION_HALVES, &key, 1, half_entry_add,
			       &entries);

	if (err > 0 && entries.count <= JUDGE_HALVES) {
		for (size_t i = 0; i < entries.count; i++)
			halves[i] = half_to_judge(&entries.entry[i]);
		err = judge_ask(call->served->judge, halves, entries.count, JUDGE_PAGE, &judged);
	}
	if (err < 0)
		answer = no_answer(HTTP_NOT_NOW);
	else if (judged.count)
		answer = text_answer(TYPE_HTML, strdup(judged.report[0].text));
	judge_answer_free(&judged);
	half_entries_free(&entries);
	return answer;
}

static const struct {
	const char *path; /* one that ends with / has a rest */
	struct page_answer (*get)(const struct page_call *call);
} pages[] = {
	{"/metrics", metrics_get},
	{"/v1/migrations", list_get},
	{"/v1/changes", changes_get},
	{"/v1/migrations/", report_get},
	{"/migrations/", migration_page_get},
};

#define PAGES (sizeof(pages) / sizeof(pages[0]))

struct page_answer page_get(struct served *served, const char *path, const struct page_query *query,
			    bool is_open_metrics)
{
	struct page_call call = {served, "", query, is_open_metrics};
	struct page_answer answer = no_answer(HTTP_NOT_FOUND);

	if (!strcmp(path, "/"))
		answer = list_page_get(&call);
	for (size_t i = 0; i < PAGES; i++) {
		size_t length = strlen(pages[i].path);

		call.rest = path + (strlen(path) < length ? strlen(path) : length);
		if (!strncmp(path, pages[i].path, length) &&
		    (pages[i].path[length - 1] == '/') == (*call.rest != '\0'))
			answer = pages[i].get(&call);
	}
	return answer;
}
