/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON on one line: the one form in which anything of it is written. */
#include "base/json_line.h"

#include <errno.h>

const char *json_line(struct json_object *object)
{
	const char *text;

	errno = 0;
	text = json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN |
							      JSON_C_TO_STRING_NOSLASHESCAPE);
	/* What json-c has no memory for it leaves out, and says nothing. */
	memory_require(text && errno != ENOMEM);
	return text;
}

int json_line_write(FILE *out, struct json_object *object)
{
	int err = fprintf(out, "%s\n", json_line(object)) < 0 || fflush(out) ? -errno : 0;

	json_object_put(object);
	return err;
}
