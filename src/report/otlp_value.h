/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attributes as OTLP has them in JSON: a list of keys, each with a value of a named type. */
#ifndef MIGTRACE_REPORT_OTLP_VALUE_H
#define MIGTRACE_REPORT_OTLP_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "core/event/quantity.h"
#include "core/event/tristate.h"

/* All add an attribute to the list; a text that is NULL or "" adds none, nor does an answer that is
 * not known. */
void attribute_text(struct json_object *list, const char *key, const char *text);
void attribute_number(struct json_object *list, const char *key, int64_t number);
void attribute_answer(struct json_object *list, const char *key, enum tristate answer);

/* KEY.est_ns, KEY.lo_ns and KEY.hi_ns; or KEY.unknown, which says why it is. */
void attribute_quantity(struct json_object *list, const char *key, const struct quantity *quantity);

/* An array, of whose values each is a text, or has a list of attributes: which the next two add. */
struct json_object *attribute_array(struct json_object *list, const char *key);
void array_text(struct json_object *array, const char *text);
struct json_object *array_attributes(struct json_object *array);

/* Returns the ns as OTLP has instants, a new object. */
struct json_object *otlp_ns(int64_t ns);

#endif
