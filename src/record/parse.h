/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A line of a recording as JSON. */
#ifndef MIGTRACE_RECORD_PARSE_H
#define MIGTRACE_RECORD_PARSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/json.h"
#include "record/kinds.h"

/* Returns what parses lines, which the caller frees; NULL without memory. */
struct json_tokener *parse_tokener(void);

/* Returns the line's JSON, which the caller puts, or NULL: it is none. */
struct json_object *parse_line(struct json_tokener *tokener, const char *text, size_t len);

/* Returns whether there is nothing in the line. */
bool parse_is_blank(const char *text, size_t len);

/* Returns the kind of that name; RECORD_KINDS: of a newer recorder. */
enum record_kind parse_kind(const char *name);

#endif
