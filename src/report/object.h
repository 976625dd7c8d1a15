/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A report, and what pictures show of it, as JSON objects for formats to write. */
#ifndef MIGTRACE_REPORT_OBJECT_H
#define MIGTRACE_REPORT_OBJECT_H

#include <json-c/json.h>

#include "core/picture/timeline.h"
#include "report/report.h"

/* Adds the string, or null for NULL. */
void add_string(struct json_object *object, const char *key, const char *value);

/* Adds the number, or null where it is not known. */
void add_opt(struct json_object *object, const char *key, const struct opt_i64 *number);

/* Adds what happened, why, and what to do. */
void answer_add(struct json_object *object, const struct account *account);
/* Adds what the threads did in the part, if that was recorded. */
void work_add(struct json_object *object, const struct work *work);

/* Returns a new object, or NULL, which is null, where it applies to neither. */
struct json_object *recovery_json(const struct recovery *recovery);

/* Both return a new object, which the caller puts. */
struct json_object *report_object(const struct report *report);
struct json_object *timeline_object(const struct timeline *timeline);

#define TRACK_NAME 32

/* Writes what people call the span's track. */
void track_name(const struct timeline_span *span, char name[TRACK_NAME]);

#endif
