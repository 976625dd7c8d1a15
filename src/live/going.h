/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A side of a migration that is going on, as part of a row and as JSON. */
#ifndef MIGTRACE_LIVE_GOING_H
#define MIGTRACE_LIVE_GOING_H

#include <stdint.h>

#include "core/match/progress.h"

struct json_object;

/* Begins a row with the time of day, and whose side it is. */
void row_begin_going(char *row, int64_t real_ns, const struct going *going);

/* Append where it goes to, or comes from; and QEMU's progress, or nothing. */
void row_add_way(char *row, const struct going *going);
void row_add_numbers(char *row, const struct going *going);

/* Returns all of that as a new object, which the caller puts. */
struct json_object *going_json(const struct going *going, const char *state, int64_t real_ns);

#endif
