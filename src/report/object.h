/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A report, and what pictures show of it, as JSON objects for formats to write. */
#ifndef MIGTRACE_REPORT_OBJECT_H
#define MIGTRACE_REPORT_OBJECT_H

#include "base/json.h"
#include "core/picture/timeline.h"
#include "report/report.h"

/* Adds the string, or null for NULL. */
void add_string(struct json_object *object, const char *key, const char *value);

/* Adds the number, or null where it is not known. */
void add_opt(struct json_object *object, const char *key, const struct opt_i64 *number);

/* Adds what happened, why, and what to do. */
void answer_add(struct json_object *object, const struct account *account);

/* Adds what is not believed, and what was not recorded, where there is such a thing. */
void evidence_add(struct json_object *object, const struct account *account);

/* Adds what the threads did in the part, if that was recorded. */
void work_add(struct json_object *object, const struct work *work);

/* Adds the passes over the guest's RAM, and where they were leading. */
void passes_add(struct json_object *object, const struct account *account);

/* Returns a new object, with times since that instant. */
struct json_object *forecast_json(const struct forecast *forecast, int64_t start_ns);

/* Returns a new object, or NULL, which is null, where it applies to neither. */
struct json_object *recovery_json(const struct recovery *recovery);

/* Returns a new object or number. */
struct json_object *counted_json(const struct counted *counted);

/* Returns a new array of the guest's network interfaces. */
struct json_object *network_json(const struct network *network);

/* Returns a new array of its disks. */
struct json_object *disks_json(const struct guest_disks *disks);

/* Returns a new object of what the guest's vCPUs lost while it ran. */
struct json_object *brownout_json(const struct account *account);

/* Both return a new object, which the caller puts. */
struct json_object *report_object(const struct report *report);
struct json_object *timeline_object(const struct timeline *timeline);

#define TRACK_NAME 32

/* Writes what people call the span's track. */
void track_name(const struct timeline_span *span, char name[TRACK_NAME]);

#endif
