/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The JSON Schema of what migtrace writes: recordings' lines, and what commands print as JSON. */
#ifndef MIGTRACE_SCHEMA_SCHEMA_H
#define MIGTRACE_SCHEMA_SCHEMA_H

struct json_object;

/* Returns a new object with a property for each schema that there is, "record" among them. */
struct json_object *schema_names(void);

/* Returns the schema of that name, or for NULL that of any line, as a new document; NULL where
 * there is none of that name. */
struct json_object *schema_document(const char *name);

#endif
