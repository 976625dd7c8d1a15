/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What schemas are built of: references, objects, and objects that one property tells apart. */
#include "schema/parts.h"

#include <stdio.h>

#define REF_TEXT 96

void schema_ref_add(struct json_object *schema, const char *name)
{
	char text[REF_TEXT];

	snprintf(text, sizeof(text), "#/$defs/%s", name);
	json_object_object_add(schema, "$ref", json_object_new_string(text));
}

struct json_object *schema_ref(const char *name)
{
	struct json_object *schema = json_object_new_object();

	schema_ref_add(schema, name);
	return schema;
}

struct json_object *schema_const(const char *text)
{
	struct json_object *schema = json_object_new_object();

	json_object_object_add(schema, "const", json_object_new_string(text));
	return schema;
}

void schema_list_add(struct json_object *schema, const char *key, const char *text)
{
	json_object_array_add(json_object_object_get(schema, key), json_object_new_string(text));
}

struct json_object *schema_object(void)
{
	struct json_object *schema = json_object_new_object();

	json_object_object_add(schema, "type", json_object_new_string("object"));
	json_object_object_add(schema, "properties", json_object_new_object());
	json_object_object_add(schema, "required", json_object_new_array());
	json_object_object_add(schema, "additionalProperties", json_object_new_boolean(false));
	return schema;
}

void schema_property(struct json_object *schema, const char *key, struct json_object *value,
		     bool is_required)
{
	json_object_object_add(json_object_object_get(schema, "properties"), key, value);
	if (is_required)
		schema_list_add(schema, "required", key);
}

struct json_object *schema_switch(const char *key)
{
	struct json_object *schema = schema_object(), *one = json_object_new_object();

	/* What else there may be the cases say. */
	json_object_object_del(schema, "additionalProperties");
	json_object_object_add(one, "enum", json_object_new_array());
	schema_property(schema, key, one, true);
	json_object_object_add(schema, "allOf", json_object_new_array());
	return schema;
}

/* An if and a then for each: a validator can say what is wrong with the one that it is. */
void schema_case(struct json_object *schema, const char *key, const char *text, const char *name)
{
	struct json_object *one = json_object_new_object(), *condition = schema_object();
	struct json_object *properties = json_object_object_get(schema, "properties");

	schema_list_add(json_object_object_get(properties, key), "enum", text);
	json_object_object_del(condition, "additionalProperties");
	schema_property(condition, key, schema_const(text), true);
	json_object_object_add(one, "if", condition);
	json_object_object_add(one, "then", schema_ref(name));
	json_object_array_add(json_object_object_get(schema, "allOf"), one);
}
