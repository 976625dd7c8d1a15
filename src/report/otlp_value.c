/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attributes as OTLP has them in JSON: a list of keys, each with a value of a named type. */
#include "report/otlp_value.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define KEY_TEXT 64

/* By the mapping of Protocol Buffers to JSON 64 bits are text: a reader's numbers may have 53. */
struct json_object *otlp_ns(int64_t ns)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, ns);
	return json_object_new_string(text);
}

static struct json_object *value_new(const char *type, struct json_object *content)
{
	struct json_object *value = json_object_new_object();

	json_object_object_add(value, type, content);
	return value;
}

static void attribute_add(struct json_object *list, const char *key, struct json_object *value)
{
	struct json_object *attribute = json_object_new_object();

	json_object_object_add(attribute, "key", json_object_new_string(key));
	json_object_object_add(attribute, "value", value);
	json_object_array_add(list, attribute);
}

void attribute_text(struct json_object *list, const char *key, const char *text)
{
	if (text && *text)
		attribute_add(list, key, value_new("stringValue", text_json(text, strlen(text))));
}

void attribute_number(struct json_object *list, const char *key, int64_t number)
{
	attribute_add(list, key, value_new("intValue", otlp_ns(number)));
}

void attribute_answer(struct json_object *list, const char *key, enum tristate answer)
{
	if (answer != ANSWER_UNKNOWN)
		attribute_add(
			list, key,
			value_new("boolValue", json_object_new_boolean(answer == ANSWER_YES)));
}

static void part_number(struct json_object *list, const char *key, const char *part, int64_t number)
{
	char whole[KEY_TEXT];

	snprintf(whole, sizeof(whole), "%s.%s", key, part);
	attribute_number(list, whole, number);
}

void attribute_quantity(struct json_object *list, const char *key, const struct quantity *quantity)
{
	char unknown[KEY_TEXT];

	if (!quantity->known) {
		snprintf(unknown, sizeof(unknown), "%s.unknown", key);
		attribute_text(list, unknown, quantity->why_unknown);
		return;
	}
	part_number(list, key, "est_ns", quantity->est_ns);
	part_number(list, key, "lo_ns", quantity->lo_ns);
	part_number(list, key, "hi_ns", quantity->hi_ns);
}

/* Returns the list, which is new, within a value of that type. */
static struct json_object *values_new(const char *type, struct json_object **value)
{
	struct json_object *list = json_object_new_array();

	*value = value_new(type, value_new("values", list));
	return list;
}

struct json_object *attribute_array(struct json_object *list, const char *key)
{
	struct json_object *value, *array = values_new("arrayValue", &value);

	attribute_add(list, key, value);
	return array;
}

void array_text(struct json_object *array, const char *text)
{
	json_object_array_add(array, value_new("stringValue", text_json(text, strlen(text))));
}

struct json_object *array_attributes(struct json_object *array)
{
	struct json_object *value, *list = values_new("kvlistValue", &value);

	json_object_array_add(array, value);
	return list;
}
