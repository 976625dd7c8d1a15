/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON on one line: the one form in which anything of it is written. */
#include "base/json_line.h"

#include <errno.h>

const char *json_line(struct json_object *object)
{
	return json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN |
							      JSON_C_TO_STRING_NOSLASHESCAPE);
}

int json_line_write(FILE *out, struct json_object *object)
{
	const char *text = json_line(object);
	int err = 0;

	if (!text)
		err = -ENOMEM;
	else if (fprintf(out, "%s\n", text) < 0 || fflush(out))
		err = -errno;
	json_object_put(object);
	return err;
}
