/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The values of a line of a recording, each checked; and what is wrong with them. */
#include "record/get.h"

#include <errno.h>
#include <string.h>

#include "core/clock/clock.h"
#include "base/text.h"

int fault_set(struct fault *fault, const char *why, const char *field)
{
	*fault = (struct fault){why, field};
	return -EPROTO;
}

int get_uint(struct fault *fault, struct json_object *line, const char *key, uint64_t max,
	     uint64_t *value)
{
	struct json_object *json;

	if (!json_object_object_get_ex(line, key, &json) ||
	    !json_object_is_type(json, json_type_int))
		return fault_set(fault, "not a number", key);
	*value = json_object_get_uint64(json);
	if (json_object_get_int64(json) < 0 || *value > max)
		return fault_set(fault, "out of range", key);
	return 0;
}

int get_stamp(struct fault *fault, struct json_object *line, const char *key, int64_t *value)
{
	uint64_t ns;
	int err = get_uint(fault, line, key, (uint64_t)CLOCK_NS_MAX, &ns);

	if (!err)
		*value = (int64_t)ns;
	return err;
}

int get_string(struct fault *fault, struct json_object *line, const char *key, char *value,
	       size_t size)
{
	struct json_object *json;
	size_t len = 0;

	if (!json_object_object_get_ex(line, key, &json))
		return fault_set(fault, "not there", key);
	if (json && !json_object_is_type(json, json_type_string))
		return fault_set(fault, "not a string", key);
	if (json)
		len = text_from_utf8(value, size, json_object_get_string(json));
	if (len >= size)
		return fault_set(fault, "too long", key);
	value[len] = '\0';
	return 0;
}
