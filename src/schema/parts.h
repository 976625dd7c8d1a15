/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What schemas are built of. Each takes its name to be one of the document's $defs. */
#ifndef MIGTRACE_SCHEMA_PARTS_H
#define MIGTRACE_SCHEMA_PARTS_H

#include <stdbool.h>

#include "base/json.h"

/* Says that what the schema describes is as the definition says. */
void schema_ref_add(struct json_object *schema, const char *name);

/* Returns a new schema that says so. */
struct json_object *schema_ref(const char *name);

/* Returns a new schema: what it describes is that text. */
struct json_object *schema_const(const char *text);

/* Adds the text to the list in the schema that has that key. */
void schema_list_add(struct json_object *schema, const char *key, const char *text);

/* Returns a new schema: an object with no properties yet, and no other than them. */
struct json_object *schema_object(void);

/* Adds the property, and takes what it is. */
void schema_property(struct json_object *schema, const char *key, struct json_object *value,
		     bool is_required);

/* Returns a new schema: an object of that key, which says what else it is. */
struct json_object *schema_switch(const char *key);

/* Adds a text that may be there: then the object is as the definition says. */
void schema_case(struct json_object *schema, const char *key, const char *text, const char *name);

#endif
