/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is usual of migrations that were found, and when that changed: as `migtrace history` says of
 * a host's own. */
#include "collect/changes.h"

#include <stdlib.h>
#include <string.h>

/* As MIGRATIONS_SERIES has them, behind when they began. */
static const char *const names[] = {"downtime", "elapsed"};

#define NAMES (sizeof(names) / sizeof(names[0]))

/* Middles of their bounds, of those whose bounds are known; in order of time. */
struct figure {
	int64_t ns[SERIES_MAX], began_ns[SERIES_MAX];
	size_t count;
};

/* The newest comes first: it is put last. */
static int migration_note(void *arg, const struct value *columns, size_t count)
{
	struct figure *figures = arg;

	for (size_t i = 0; i < NAMES && 2 * i + 2 < count; i++) {
		const struct value *lo = &columns[2 * i + 1], *hi = &columns[2 * i + 2];
		struct figure *figure = &figures[i];
		size_t at;

		if (lo->type != VALUE_NUMBER || hi->type != VALUE_NUMBER ||
		    figure->count == SERIES_MAX)
			continue;
		at = SERIES_MAX - ++figure->count;
		figure->ns[at] = lo->number + (hi->number - lo->number) / 2;
		figure->began_ns[at] = columns[0].number;
	}
	return 0;
}

static void number_put(struct json_object *object, const char *key, int64_t number)
{
	json_object_object_add(object, key, json_object_new_int64(number));
}

static int64_t median_of(const int64_t *ns, size_t count)
{
	int64_t sorted[SERIES_MAX];

	memcpy(sorted, ns, count * sizeof(*ns));
	return series_quantile(sorted, count, 0.5);
}

static struct json_object *change_json(const int64_t *ns, const int64_t *began_ns, size_t count)
{
	struct change_point change = series_change(ns, count);
	struct json_object *object = change.is_there ? json_object_new_object() : NULL;

	if (!object)
		return NULL;
	number_put(object, "at_real_ns", began_ns[change.at]);
	json_object_object_add(object, "p", json_object_new_double(change.p));
	number_put(object, "median_before_ns", median_of(ns, change.at));
	number_put(object, "median_since_ns", median_of(ns + change.at, count - change.at));
	return object;
}

static struct json_object *figure_json(const char *name, const struct figure *figure)
{
	static const char *const trends[] = {NULL, "rises", "falls"};
	const int64_t *ns = figure->ns + SERIES_MAX - figure->count;
	const int64_t *began_ns = figure->began_ns + SERIES_MAX - figure->count;
	const char *trend = trends[series_trend(ns, figure->count)];
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "figure", json_object_new_string(name));
	number_put(object, "migrations", (int64_t)figure->count);
	json_object_object_add(object, "median_ns",
			       figure->count ? json_object_new_int64(median_of(ns, figure->count))
					     : NULL);
	json_object_object_add(object, "trend", trend ? json_object_new_string(trend) : NULL);
	json_object_object_add(object, "change", change_json(ns, began_ns, figure->count));
	return object;
}

struct json_object *changes_json(struct database *database, const struct value *values,
				 size_t count)
{
	struct figure *figures = calloc(NAMES, sizeof(*figures));
	struct json_object *document = NULL, *list;

	if (figures && database_run(database, MIGRATIONS_SERIES, values, count, migration_note,
				    figures) >= 0) {
		document = json_object_new_object();
		list = json_object_new_array();
		for (size_t i = 0; i < NAMES; i++)
			json_object_array_add(list, figure_json(names[i], &figures[i]));
		json_object_object_add(document, "schema",
				       json_object_new_string("migtrace.fleet.changes/1"));
		json_object_object_add(document, "figures", list);
	}
	free(figures);
	return document;
}
