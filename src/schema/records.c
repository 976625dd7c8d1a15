/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The schema of a recording's lines, by the tables that they are written and read by. */
#include "schema/records.h"

#include <stdio.h>

#include "probe/catalogue.h"
#include "record/kinds.h"
#include "schema/parts.h"

#define NAME_TEXT 64

/* The definitions of what a field's value is. */
static const char *const types[] = {
	[FIELD_UINT] = "uint",	       [FIELD_INT] = "int",	    [FIELD_BOOL] = "bool",
	[FIELD_CHECK] = "check",       [FIELD_STAMP] = "stamp",	    [FIELD_HASH] = "hash",
	[FIELD_UUID] = "uuid",	       [FIELD_ADDRESS] = "address", [FIELD_COMM] = "text",
	[FIELD_COMMAND] = "command",   [FIELD_TEXT] = "text",	    [FIELD_NAME] = "name",
	[FIELD_TIME] = "uint",	       [FIELD_AMOUNT] = "uint",	    [FIELD_STEP] = "step",
	[FIELD_ETHERNET] = "ethernet", [FIELD_CALL] = "call",	    [FIELD_MAYBE] = "maybe",
	[FIELD_TCP] = "maybe",
};

/* What is no function, and what the recorder makes, does not return. */
static bool kind_returns(int kind)
{
	size_t count;
	const struct probe *probes = probe_catalogue(&count);

	for (size_t i = 0; i < count; i++)
		if ((int)probes[i].kind == kind && probes[i].has_return)
			return true;
	return false;
}

static struct json_object *event_schema(const struct mt_event *event)
{
	struct json_object *schema = schema_object();
	const char *kind = event_kind_name(event->kind);
	size_t count;
	const struct field *fields = event_fields(&count);

	schema_property(schema, "kind", schema_const(record_kind_name(RECORD_EVENT)), true);
	schema_property(schema, "event", schema_const(kind), true);
	schema_property(schema, "edge", schema_const(event_edge_name(event->edge)), true);
	for (size_t i = 0; i < count; i++)
		if (field_applies(&fields[i], event))
			schema_property(schema, fields[i].name, schema_ref(types[fields[i].type]),
					!field_is_optional(&fields[i]));
	return schema;
}

/* Both edges of the kind, or its one, which it has to be then. */
static void event_add(struct json_object *definitions, uint16_t kind, const char *name)
{
	struct json_object *schema = schema_switch("edge");

	for (uint8_t edge = MT_ENTER; edge <= (kind_returns(kind) ? MT_RETURN : MT_ENTER); edge++) {
		const struct mt_event event = {.kind = kind, .edge = edge};
		char of_edge[NAME_TEXT + 8];

		snprintf(of_edge, sizeof(of_edge), "%s.%s", name, event_edge_name(edge));
		schema_case(schema, "edge", event_edge_name(edge), of_edge);
		json_object_object_add(definitions, of_edge, event_schema(&event));
	}
	json_object_object_add(definitions, name, schema);
}

static void events_add(struct json_object *definitions)
{
	struct json_object *schema = schema_switch("event");
	const char *event = record_kind_name(RECORD_EVENT), *kind;
	char name[NAME_TEXT];

	for (uint16_t i = 0; i < MT_KINDS; i++) {
		kind = event_kind_name(i);
		if (!kind)
			continue;
		snprintf(name, sizeof(name), "%s.%s", event, kind);
		schema_case(schema, "event", kind, name);
		event_add(definitions, i, name);
	}
	json_object_object_add(definitions, event, schema);
}

void schema_records_add(struct json_object *definitions)
{
	struct json_object *schema = schema_switch("kind");

	for (int i = 0; i < RECORD_KINDS; i++) {
		const char *kind = record_kind_name((enum record_kind)i);

		schema_case(schema, "kind", kind, kind);
	}
	json_object_object_add(definitions, "record", schema);
	events_add(definitions);
}
