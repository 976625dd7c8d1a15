/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json-c's own header, but that what makes an object makes it, or ends the process: one that lacks
 * something for want of memory would say something else.
 */
#ifndef MIGTRACE_BASE_JSON_H
#define MIGTRACE_BASE_JSON_H

#include <json-c/json.h>

#include "base/memory.h"

static inline int json_added(int err)
{
	memory_require(!err);
	return err;
}

#define json_object_new_object()   ((struct json_object *)memory_needed(json_object_new_object()))
#define json_object_new_array()	   ((struct json_object *)memory_needed(json_object_new_array()))
#define json_object_new_int(value) ((struct json_object *)memory_needed(json_object_new_int(value)))
#define json_object_new_int64(value)                                                               \
	((struct json_object *)memory_needed(json_object_new_int64(value)))
#define json_object_new_uint64(value)                                                              \
	((struct json_object *)memory_needed(json_object_new_uint64(value)))
#define json_object_new_boolean(value)                                                             \
	((struct json_object *)memory_needed(json_object_new_boolean(value)))
#define json_object_new_string(value)                                                              \
	((struct json_object *)memory_needed(json_object_new_string(value)))
#define json_object_new_string_len(s, len)                                                         \
	((struct json_object *)memory_needed(json_object_new_string_len(s, len)))
#define json_object_new_double_s(value, s)                                                         \
	((struct json_object *)memory_needed(json_object_new_double_s(value, s)))
#define json_object_object_add(to, key, value) json_added(json_object_object_add(to, key, value))
#define json_object_array_add(to, value)       json_added(json_object_array_add(to, value))

#endif
