/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads an event of a recording, field by field as record/kinds.c has them. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>

#include "core/clock/clock.h"
#include "core/event/calls.h"
#include "core/event/ethernet.h"
#include "core/event/qmp.h"
#include "core/event/steps.h"
#include "record/get.h"
#include "record/kinds.h"
#include "base/text.h"

#define HASH_DIGITS 16

/* A field that is read, and into what. */
struct target_field {
	const struct field *field;
	struct mt_event *event;
	struct fault *fault;
	bool is_clamped;
};

static void field_store(const struct target_field *to, uint64_t value)
{
	void *at = (char *)to->event + to->field->offset;
	uint16_t small = (uint16_t)value;
	uint32_t middle = (uint32_t)value;

	if (to->field->size == sizeof(small))
		memcpy(at, &small, sizeof(small));
	else if (to->field->size == sizeof(middle))
		memcpy(at, &middle, sizeof(middle));
	else
		memcpy(at, &value, sizeof(value));
}

static uint64_t size_max(const struct field *field)
{
	if (field->size == sizeof(uint16_t))
		return UINT16_MAX;
	return field->size == sizeof(uint32_t) ? UINT32_MAX : UINT64_MAX;
}

static int read_uint(struct target_field *to, struct json_object *line, uint64_t max)
{
	uint64_t value;
	int err = get_uint(to->fault, line, to->field->name, max, &value);

	if (!err)
		field_store(to, value);
	return err;
}

/* An amount, which figures are made of: more than one can be is as much as can be, and said. */
static int read_amount(struct target_field *to, struct json_object *line)
{
	uint64_t most = size_max(to->field) < COUNT_MAX ? size_max(to->field) : COUNT_MAX, value;
	int err = get_uint(to->fault, line, to->field->name, UINT64_MAX, &value);

	if (err)
		return err;
	to->is_clamped |= value > most;
	field_store(to, value > most ? most : value);
	return 0;
}

static int read_int(struct target_field *to, struct json_object *json)
{
	int64_t value;

	if (!json_object_is_type(json, json_type_int))
		return fault_set(to->fault, "not a number", to->field->name);
	value = json_object_get_int64(json);
	to->is_clamped |= value < INT32_MIN || value > INT32_MAX;
	field_store(to, (uint64_t)(int64_t)json_object_get_int(json));
	return 0;
}

static int read_bool(struct target_field *to, struct json_object *json)
{
	bool is_check = to->field->type == FIELD_CHECK;

	if (!json && is_check)
		return 0;
	if (!json_object_is_type(json, json_type_boolean))
		return fault_set(to->fault, "not true or false", to->field->name);
	if (is_check)
		to->event->uuid_check = json_object_get_boolean(json) ? MT_AGREES : MT_DISAGREES;
	else
		field_store(to, json_object_get_boolean(json));
	return 0;
}

static int read_hash(struct target_field *to, const char *text)
{
	char *end;
	uint64_t hash = strtoull(text, &end, 16);

	if (strlen(text) != HASH_DIGITS || *end)
		return fault_set(to->fault, "invalid hash", to->field->name);
	field_store(to, hash);
	return 0;
}

/* Text that comes whole is as long as it is; a name is closed by NUL where there is room. */
static int read_text(struct target_field *to, struct json_object *json)
{
	const char *name = to->field->name;
	uint8_t *at = (uint8_t *)to->event + to->field->offset;
	const char *text = json ? json_object_get_string(json) : "";
	size_t len;

	if (json && !json_object_is_type(json, json_type_string))
		return fault_set(to->fault, "not a string", name);
	switch (to->field->type) {
	case FIELD_UUID:
		return uuid_parse(text, at) ? fault_set(to->fault, "invalid UUID", name) : 0;
	case FIELD_ADDRESS:
		return inet_pton(AF_INET6, text, at) == 1
			       ? 0
			       : fault_set(to->fault, "invalid IPv6 address", name);
	case FIELD_ETHERNET:
		return ethernet_parse(text, at)
			       ? 0
			       : fault_set(to->fault, "invalid hardware address", name);
	case FIELD_HASH:
		return read_hash(to, text);
	case FIELD_COMMAND:
		field_store(to, qmp_command_number(text));
		return 0;
	case FIELD_STEP:
		field_store(to, step_of(text));
		return 0;
	case FIELD_CALL:
		field_store(to, call_of(text));
		return 0;
	case FIELD_COMM:
		text_from_utf8((char *)at, to->field->size - 1u, text);
		return 0;
	default:
		len = text_from_utf8((char *)at, to->field->size, text);
		to->event->text_len = (uint16_t)(len < to->field->size ? len : to->field->size);
		return 0;
	}
}

static int field_read(struct target_field *to, struct json_object *line)
{
	const char *name = to->field->name;
	struct json_object *json;

	if (!json_object_object_get_ex(line, name, &json))
		return field_is_optional(to->field) ? 0 : fault_set(to->fault, "not there", name);
	switch (to->field->type) {
	case FIELD_STAMP:
		return json ? read_uint(to, line, (uint64_t)CLOCK_NS_MAX) : 0;
	case FIELD_TIME:
		return read_uint(to, line, (uint64_t)CLOCK_NS_MAX);
	case FIELD_TCP:
		return json ? read_uint(to, line, size_max(to->field)) : 0;
	case FIELD_MAYBE:
		if (json)
			return read_amount(to, line);
		field_store(to, UINT64_MAX);
		return 0;
	case FIELD_AMOUNT:
		return read_amount(to, line);
	case FIELD_CHECK:
	case FIELD_BOOL:
		return read_bool(to, json);
	case FIELD_INT:
		return read_int(to, json);
	case FIELD_UINT:
		return read_uint(to, line, size_max(to->field));
	default:
		return read_text(to, json);
	}
}

int get_event(struct fault *fault, struct json_object *line, struct mt_event *event,
	      bool *is_clamped)
{
	struct target_field to = {.event = event, .fault = fault};
	const struct field *fields;
	char name[32], edge[8];
	size_t count;
	int err = get_string(fault, line, "event", name, sizeof(name));

	*event = (struct mt_event){0};
	if (err || (err = get_string(fault, line, "edge", edge, sizeof(edge))))
		return err;
	event->kind = (uint16_t)event_kind_of(name);
	event->edge = !strcmp(edge, event_edge_name(MT_RETURN)) ? MT_RETURN : MT_ENTER;
	if (event->kind == MT_NONE)
		return 0;
	fields = event_fields(&count);
	for (size_t i = 0; !err && i < count; i++) {
		to.field = &fields[i];
		if (field_applies(&fields[i], event))
			err = field_read(&to, line);
	}
	*is_clamped = to.is_clamped;
	return err;
}
