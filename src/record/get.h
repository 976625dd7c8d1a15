/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The values of a line of a recording, each checked; and what is wrong with them. */
#ifndef MIGTRACE_RECORD_GET_H
#define MIGTRACE_RECORD_GET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "migtrace_event.h"

#define COUNT_MAX (UINT64_C(1) << 53) /* of which some can be added up */

/* What is wrong with a line: both static, or the line's own. */
struct fault {
	const char *why;
	const char *field;
};

/* Notes what is wrong. Returns -EPROTO. */
int fault_set(struct fault *fault, const char *why, const char *field);

/* All return 0 or -EPROTO, with what is wrong noted. */
int get_uint(struct fault *fault, struct json_object *line, const char *key, uint64_t max,
	     uint64_t *value);
int get_stamp(struct fault *fault, struct json_object *line, const char *key, int64_t *value);

/* Copies the string, its bytes unescaped, if it is one and has room; null is the empty string. */
int get_string(struct fault *fault, struct json_object *line, const char *key, char *value,
	       size_t size);

/*
 * Reads an event, of a kind that is known or MT_NONE, which is of a newer recorder: what is known
 * stays right without it. *is_clamped: it had a number that no clock or counter shows.
 */
int get_event(struct fault *fault, struct json_object *line, struct mt_event *event,
	      bool *is_clamped);

#endif
