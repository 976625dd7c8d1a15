/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A migration's row in the database, by its report, and a half's. */
#include "collect/row.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <json-c/json.h>

#include "report/words.h"

static struct json_object *at(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	if (json_object_is_type(object, json_type_object))
		json_object_object_get_ex(object, key, &value);
	return value;
}

/* What is longer is cut. */
static void text_copy(struct json_object *value, char *text, size_t room)
{
	text[0] = '\0';
	if (json_object_is_type(value, json_type_string))
		snprintf(text, room, "%s", json_object_get_string(value));
}

/* A word of migtrace's own tables; whatever else it may be is none of a metric. */
static void word_copy(struct json_object *value, char *text, size_t room)
{
	text_copy(value, text, room);
	if (text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_- ")])
		snprintf(text, room, "other");
}

static struct value number_value(struct json_object *value)
{
	if (!json_object_is_type(value, json_type_int))
		return NULL_VALUE;
	return NUMBER_VALUE(json_object_get_int64(value));
}

static struct row_bounds bounds_get(struct json_object *migration, const char *figure)
{
	struct json_object *quantity = at(migration, figure);

	return (struct row_bounds){number_value(at(quantity, "lo_ns")),
				   number_value(at(quantity, "hi_ns"))};
}

static bool is_true(struct json_object *object, const char *key)
{
	return json_object_get_boolean(at(object, key));
}

static void flavour_get(struct json_object *migration, char *text, size_t room)
{
	struct json_object *flavour = at(migration, "flavour");
	char control[16];

	word_copy(at(flavour, "control"), control, sizeof(control));
	snprintf(text, room, "%s%s%s%s", *control ? control : "unknown",
		 is_true(flavour, "tunnelled") ? "_tunnelled" : "",
		 is_true(flavour, "postcopy") ? "_postcopy" : "",
		 is_true(flavour, "offline") ? "_offline" : "");
}

static bool is_word(struct json_object *value, const char *word)
{
	return json_object_is_type(value, json_type_string) &&
	       !strcmp(json_object_get_string(value), word);
}

static enum place_left left_get(struct json_object *migration)
{
	int left = LEFTS - 1;

	while (left > LEFT_UNKNOWN &&
	       !is_word(at(migration, "left_on"), left_name((enum place_left)left)))
		left--;
	return (enum place_left)left;
}

/* Returns the list's length; of what is none 0. */
static size_t list_length(struct json_object *list)
{
	return json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
}

static bool is_in_danger(struct json_object *migration)
{
	struct json_object *advice = at(migration, "advice");

	for (size_t i = 0; i < list_length(advice); i++)
		if (is_true(json_object_array_get_idx(advice, i), "urgent"))
			return true;
	return false;
}

static void verdict_note(struct json_object *verdict, struct migration_row *row)
{
	size_t field = 0, kind = 0;

	while (field < REPORTED_FIELDS &&
	       !is_word(at(verdict, "field"), reported_name((enum reported_field)field)))
		field++;
	while (kind < VERDICT_KINDS &&
	       !is_word(at(verdict, "verdict"), verdict_name((enum verdict_kind)kind)))
		kind++;
	if (field < REPORTED_FIELDS && kind < VERDICT_KINDS)
		row->verdicts[field][kind]++;
}

static void counts_fill(struct json_object *migration, struct migration_row *row)
{
	struct json_object *verdicts = at(migration, "verdicts");

	row->left = left_get(migration);
	row->is_in_danger = is_in_danger(migration);
	row->lost_events = json_object_get_int64(at(migration, "lost_events"));
	for (size_t i = 0; i < list_length(verdicts); i++)
		verdict_note(json_object_array_get_idx(verdicts, i), row);
}

static void row_fill(struct json_object *migration, struct migration_row *row)
{
	struct json_object *domain = at(migration, "domain");
	struct json_object *findings = at(migration, "findings");

	text_copy(at(domain, "uuid"), row->uuid, sizeof(row->uuid));
	text_copy(at(domain, "name"), row->name, sizeof(row->name));
	text_copy(at(at(migration, "source"), "host"), row->source, sizeof(row->source));
	text_copy(at(at(migration, "destination"), "host"), row->destination,
		  sizeof(row->destination));
	word_copy(at(migration, "outcome"), row->outcome, sizeof(row->outcome));
	if (!*row->outcome)
		strcpy(row->outcome, outcome_name(OUTCOME_UNKNOWN));
	flavour_get(migration, row->flavour, sizeof(row->flavour));
	if (list_length(findings))
		word_copy(at(json_object_array_get_idx(findings, 0), "code"), row->finding,
			  sizeof(row->finding));
	row->started_ns = json_object_get_int64(at(migration, "started_real_ns"));
	row->elapsed = bounds_get(migration, "elapsed");
	row->downtime = bounds_get(migration, "downtime");
	row->halves = (*row->source != '\0') + (*row->destination != '\0');
	counts_fill(migration, row);
}

/* Of several migrations, as of one that was recovered, it is the first one with most halves. */
bool migration_row_read(const char *report, struct migration_row *row)
{
	*row = (struct migration_row){.report = report,
				      .elapsed = {NULL_VALUE, NULL_VALUE},
				      .downtime = {NULL_VALUE, NULL_VALUE}};
	while (*report) {
		size_t length = strcspn(report, "\n");
		char *line = strndup(report, length);
		struct json_object *migration = line ? json_tokener_parse(line) : NULL;
		struct migration_row this = {.report = row->report};

		if (migration)
			row_fill(migration, &this);
		if (this.halves > row->halves)
			*row = this;
		json_object_put(migration);
		free(line);
		report += length + (report[length] == '\n');
	}
	return row->halves && *row->uuid;
}

static int stored_note(void *arg, const struct value *columns, size_t count)
{
	(void)count;
	*(int64_t *)arg = columns[0].number;
	return 0;
}

int migration_row_add(struct database *database, struct migration_row *row)
{
	const struct value values[] = {
		text_value(row->id),
		text_value(row->uuid),
		text_value(row->name),
		text_value(row->source),
		text_value(row->destination),
		text_value(row->outcome),
		text_value(row->flavour),
		text_value(row->finding),
		NUMBER_VALUE(row->started_ns),
		row->elapsed.lo,
		row->elapsed.hi,
		row->downtime.lo,
		row->downtime.hi,
		NUMBER_VALUE(row->halves),
		text_value(row->report),
	};

	return database_run(database, MIGRATION_ADD, values, sizeof(values) / sizeof(values[0]),
			    stored_note, &row->stored_ms);
}

static void column_text(const struct value *column, char *text, size_t room)
{
	snprintf(text, room, "%s", value_text(column));
}

static int entry_fill(struct half_entry *entry, const struct value *columns)
{
	column_text(&columns[0], entry->host, sizeof(entry->host));
	column_text(&columns[1], entry->store, sizeof(entry->store));
	entry->number = columns[2].number;
	column_text(&columns[3], entry->id, sizeof(entry->id));
	column_text(&columns[4], entry->domain, sizeof(entry->domain));
	entry->part = columns[5].number;
	entry->began_s = columns[6].number;
	column_text(&columns[7], entry->sha256, sizeof(entry->sha256));
	entry->received_ms = columns[8].number;
	entry->state = (enum half_state)columns[9].number;
	column_text(&columns[10], entry->migration, sizeof(entry->migration));
	entry->size = columns[11].size;
	entry->body = malloc(entry->size + 1);
	if (!entry->body)
		return -ENOMEM;
	if (entry->size)
		memcpy(entry->body, columns[11].bytes, entry->size);
	return 0;
}

int half_entry_add(void *arg, const struct value *columns, size_t count)
{
	struct half_entries *entries = arg;

	(void)count;
	if (entries->count == entries->room) {
		size_t room = entries->room ? 2 * entries->room : 16;
		struct half_entry *entry = reallocarray(entries->entry, room, sizeof(*entry));

		if (!entry)
			return -ENOMEM;
		entries->entry = entry;
		entries->room = room;
	}
	entries->entry[entries->count] = (struct half_entry){.number = 0};
	return entry_fill(&entries->entry[entries->count++], columns);
}

void half_entries_free(struct half_entries *entries)
{
	for (size_t i = 0; i < entries->count; i++)
		free(entries->entry[i].body);
	free(entries->entry);
	*entries = (struct half_entries){NULL, 0, 0};
}

int half_entry_set(struct database *database, const struct half_entry *entry, enum half_state state,
		   const char *migration)
{
	const struct value values[] = {text_value(entry->host), text_value(entry->store),
				       NUMBER_VALUE(entry->number), NUMBER_VALUE(state),
				       *migration ? text_value(migration) : NULL_VALUE};
	int err = database_run(database, HALF_SET, values, 5, NULL, NULL);

	return err < 0 ? err : 0;
}

void migration_id(const struct half_entry *source, const struct half_entry *destination,
		  char id[NONCE_TEXT])
{
	char text[4 * HALF_ID + 4 * HOST_NAME], sha256[SHA256_TEXT];
	int length =
		snprintf(text, sizeof(text), "%s\n%s\n%s\n%s\n", source->host, source->id,
			 destination ? destination->host : "", destination ? destination->id : "");

	sha256_text(text, (size_t)length, sha256);
	snprintf(id, NONCE_TEXT, "%.32s", sha256);
}
