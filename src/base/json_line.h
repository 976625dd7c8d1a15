/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON on one line: the one form in which anything of it is written. */
#ifndef MIGTRACE_BASE_JSON_LINE_H
#define MIGTRACE_BASE_JSON_LINE_H

#include <stdio.h>

#include "base/json.h"

/* Returns the object on one line without its end; the text is the object's. */
const char *json_line(struct json_object *object);

/*
 * Writes the object as one line, in one write, and flushes it, so that a kill cannot leave half a
 * line but at the end. Puts the object in any case. Returns 0 or -errno.
 */
int json_line_write(FILE *out, struct json_object *object);

#endif
