/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The JSON Schema of what migtrace writes: schema.json here, and what the tables add to it. */
#include "schema/schema.h"

#include "schema_json.h" /* made of src/schema/schema.json by tools/make-array */

#include <string.h>

#include "core/event/calls.h"
#include "core/event/qmp.h"
#include "core/event/steps.h"
#include "report/report.h"
#include "report/answer.h"
#include "report/words.h"
#include "report/verify.h"
#include "schema/parts.h"
#include "schema/records.h"

#define DIALECT "https://json-schema.org/draft/2020-12/schema"
#define LINE	"What migtrace writes as JSON: of a recording a line has a kind, all else a schema"

/* The tables' names, NULL behind the last. */

static const char *outcome_at(size_t i)
{
	return i <= OUTCOME_UNFINISHED ? outcome_name((enum outcome)i) : NULL;
}

static const char *left_at(size_t i)
{
	return i < LEFTS ? left_name((enum place_left)i) : NULL;
}

static const char *told_at(size_t i)
{
	return told_name((enum told)i);
}

static const char *ended_by_at(size_t i)
{
	return ended_by_name((enum ended_by)i);
}

static const char *control_at(size_t i)
{
	return i <= CONTROL_DIRECT ? control_name((enum control)i) : NULL;
}

static const char *place_at(size_t i)
{
	return i <= PLACE_DESTINATION ? place_name((enum place)i) : NULL;
}

static const char *verdict_at(size_t i)
{
	return i < VERDICT_KINDS ? verdict_name((enum verdict_kind)i) : NULL;
}

static const char *field_at(size_t i)
{
	return i < REPORTED_FIELDS ? reported_name((enum reported_field)i) : NULL;
}

static const char *shown_field_at(size_t i)
{
	return i < REPORTED_FIGURES ? field_at(i) : NULL;
}

/* "" is one that is on no list. */
static const char *command_at(size_t i)
{
	return i ? qmp_command((uint16_t)i) : "";
}

static const char *step_at(size_t i)
{
	return step_name(i + 1);
}

static const char *call_at(size_t i)
{
	return call_name(i + 1);
}

static const struct {
	const char *name;
	const char *(*text)(size_t index);
} texts[] = {
	{"outcome", outcome_at}, {"left_on", left_at},	    {"control", control_at},
	{"place", place_at},	 {"verdict", verdict_at},   {"field", field_at},
	{"command", command_at}, {"step", step_at},	    {"call", call_at},
	{"told", told_at},	 {"ended_by", ended_by_at},
};

/* Objects that have a property of each name. */
static const struct {
	const char *name;
	const char *(*property)(size_t index);
	const char *type;
	bool is_required;
} properties[] = {
	{"migration", figure_name, "quantity", true}, {"inputs", input_name, "quantity", false},
	{"reported", shown_field_at, "uint", false},  {"verdict_counts", verdict_at, "uint", true},
	{"summary", outcome_at, "uint", true},	      {"half", figure_name, "bounds", true},
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static struct json_object *file_read(void)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *file =
		json_tokener_parse_ex(tokener, (const char *)schema_json, sizeof(schema_json));

	json_tokener_free(tokener);
	return file;
}

static void section_add(struct json_object *definitions, struct json_object *file, const char *key)
{
	json_object_object_foreach(json_object_object_get(file, key), name, definition)
	{
		json_object_object_add(definitions, name, json_object_get(definition));
	}
}

static void tables_add(struct json_object *definitions)
{
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct json_object *one = json_object_new_object();

		json_object_object_add(one, "enum", json_object_new_array());
		for (size_t k = 0; texts[i].text(k); k++)
			schema_list_add(one, "enum", texts[i].text(k));
		json_object_object_add(definitions, texts[i].name, one);
	}
	for (size_t i = 0; i < COUNT(properties); i++)
		for (size_t k = 0; properties[i].property(k); k++)
			schema_property(json_object_object_get(definitions, properties[i].name),
					properties[i].property(k), schema_ref(properties[i].type),
					properties[i].is_required);
}

static struct json_object *definitions_new(struct json_object *file)
{
	struct json_object *definitions = json_object_new_object();

	section_add(definitions, file, "reports");
	section_add(definitions, file, "records");
	section_add(definitions, file, "parts");
	schema_records_add(definitions);
	tables_add(definitions);
	return definitions;
}

/* Returns what the property "schema" says in lines of that definition. */
static const char *schema_of(struct json_object *definition)
{
	struct json_object *schema =
		json_object_object_get(json_object_object_get(definition, "properties"), "schema");

	return json_object_get_string(json_object_object_get(schema, "const"));
}

/* A line of a recording has a kind; all others are told apart by their schema. */
static void line_add(struct json_object *document, struct json_object *file)
{
	struct json_object *is_record = json_object_new_object(), *report = schema_switch("schema");

	json_object_object_add(is_record, "required", json_object_new_array());
	schema_list_add(is_record, "required", "kind");
	json_object_object_foreach(json_object_object_get(file, "reports"), name, definition)
	{
		schema_case(report, "schema", schema_of(definition), name);
	}
	json_object_object_add(document, "title", json_object_new_string(LINE));
	json_object_object_add(document, "type", json_object_new_string("object"));
	json_object_object_add(document, "if", is_record);
	json_object_object_add(document, "then", schema_ref("record"));
	json_object_object_add(document, "else", report);
}

static void used_find(struct json_object *schema, struct json_object *all,
		      struct json_object *used);

static void used_add(const char *ref, struct json_object *all, struct json_object *used)
{
	const char *name = strrchr(ref, '/') + 1;
	struct json_object *definition = json_object_object_get(all, name);

	if (json_object_object_get_ex(used, name, NULL))
		return;
	json_object_object_add(used, name, json_object_get(definition));
	used_find(definition, all, used);
}

/* Only the definitions that the schema needs: the record's are many. */
static void used_find(struct json_object *schema, struct json_object *all, struct json_object *used)
{
	if (json_object_is_type(schema, json_type_array))
		for (size_t i = 0; i < json_object_array_length(schema); i++)
			used_find(json_object_array_get_idx(schema, i), all, used);
	if (!json_object_is_type(schema, json_type_object))
		return;
	json_object_object_foreach(schema, key, value)
	{
		if (!strcmp(key, "$ref"))
			used_add(json_object_get_string(value), all, used);
		else
			used_find(value, all, used);
	}
}

struct json_object *schema_names(void)
{
	struct json_object *file = file_read(), *names = json_object_new_object();

	json_object_object_add(names, "record", NULL);
	json_object_object_foreach(json_object_object_get(file, "reports"), name, definition)
	{
		(void)definition;
		json_object_object_add(names, name, NULL);
	}
	json_object_put(file);
	return names;
}

static bool is_name(const char *name)
{
	struct json_object *names = schema_names();
	bool is_one = json_object_object_get_ex(names, name, NULL);

	json_object_put(names);
	return is_one;
}

struct json_object *schema_document(const char *name)
{
	struct json_object *file, *all, *document, *used;

	if (name && !is_name(name))
		return NULL;
	file = file_read();
	all = definitions_new(file);
	document = json_object_new_object();
	used = json_object_new_object();
	json_object_object_add(document, "$schema", json_object_new_string(DIALECT));
	if (name)
		schema_ref_add(document, name);
	else
		line_add(document, file);
	used_find(document, all, used);
	json_object_object_add(document, "$defs", used);
	json_object_put(all);
	json_object_put(file);
	return document;
}
