/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The schema of a recording's lines, by the tables that they are written and read by. */
#ifndef MIGTRACE_SCHEMA_RECORDS_H
#define MIGTRACE_SCHEMA_RECORDS_H

struct json_object;

/* Adds "record", "event", and what these are made of, but for the other lines' own definitions. */
void schema_records_add(struct json_object *definitions);

#endif
