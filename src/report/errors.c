/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Errors as JSON Lines, for those who asked for JSON. */
#include "report/errors.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <json-c/json.h>

#include "base/json_line.h"
#include "record/text.h"

#define LINE_MAX_BYTES 4096 /* longer ones are cut in two */
#define PROGRAM	       "migtrace: "

struct errors {
	FILE *out;
	size_t length;
	char line[LINE_MAX_BYTES];
};

/* What stderr was; there is one. */
static struct errors errors;

static void line_end(void)
{
	struct json_object *object = json_object_new_object();
	const char *text = errors.line;

	errors.line[errors.length] = '\0';
	errors.length = 0;
	if (!strncmp(text, PROGRAM, strlen(PROGRAM)))
		text += strlen(PROGRAM);
	json_object_object_add(object, "schema", json_object_new_string("migtrace.error/1"));
	json_object_object_add(object, "error", text_json(text, strlen(text)));
	json_line_write(errors.out, object);
}

static ssize_t errors_write(void *cookie, const char *bytes, size_t size)
{
	(void)cookie;
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] != '\n')
			errors.line[errors.length++] = bytes[i];
		if (errors.length && (bytes[i] == '\n' || errors.length == LINE_MAX_BYTES - 1))
			line_end();
	}
	return (ssize_t)size;
}

/* What others named, a terminal is not sent as it is; a line's end is ours. */
static ssize_t guard_write(void *cookie, const char *bytes, size_t size)
{
	uint32_t character;

	for (size_t i = 0, len; i < size; i += len ? len : 1) {
		bool is_shown;

		len = text_character(bytes + i, size - i, &character);
		is_shown = len && (text_is_shown(character) || strchr("\n\t", bytes[i]));
		fwrite(is_shown ? bytes + i : "?", 1, is_shown ? len : 1, cookie);
	}
	return (ssize_t)size;
}

void errors_guard(void)
{
	FILE *stream = fopencookie(stderr, "w", (cookie_io_functions_t){.write = guard_write});

	if (!stream)
		return;
	setvbuf(stream, NULL, _IONBF, 0);
	stderr = stream;
}

int errors_as_json(void)
{
	FILE *stream;

	if (errors.out)
		return 0;
	stream = fopencookie(NULL, "w", (cookie_io_functions_t){.write = errors_write});
	if (!stream)
		return -ENOMEM;
	setvbuf(stream, NULL, _IOLBF, 0);
	errors.out = stderr;
	stderr = stream;
	return 0;
}
