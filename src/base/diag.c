/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Diagnostics: lines on stderr, as text or as JSON Lines, and where they go. */
#include "base/diag.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_line.h"
#include "base/lines.h"
#include "base/memory.h"
#include "base/text.h"

#define LINE_BYTES 4096 /* longer ones are cut in two */
#define PROGRAM	   "migtrace: "

void diag(const char *format, ...)
{
	char *said;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&said, format, arguments) < 0)
		said = NULL;
	va_end(arguments);
	fprintf(stderr, PROGRAM "%s\n", said ?: "out of memory");
	free(said);
}

FILE *diag_divert(FILE *stream)
{
	FILE *before = stderr;

	stderr = stream;
	return before;
}

/* Takes what stderr was and a line of what is to be an error in JSON. */
static int error_take(void *out, const char *text, size_t length)
{
	struct json_object *object;

	if (!length)
		return 0;
	object = json_object_new_object();
	if (!strncmp(text, PROGRAM, strlen(PROGRAM)))
		text += strlen(PROGRAM);
	json_object_object_add(object, "schema", json_object_new_string("migtrace.error/1"));
	json_object_object_add(object, "error", text_json(text, strlen(text)));
	json_line_write(out, object);
	return 0;
}

/* What is not a whole line yet; there is one stderr. */
static char rest[LINE_BYTES];
static struct line line = {.bytes = rest, .room = sizeof(rest), .overlong = LINE_BREAK};

static ssize_t json_write(void *out, const char *bytes, size_t size)
{
	lines_take(&line, bytes, size, error_take, out);
	return (ssize_t)size;
}

/* What others named, a terminal is not sent as it is; a line's end is ours. */
static ssize_t guard_write(void *out, const char *bytes, size_t size)
{
	uint32_t character;

	for (size_t i = 0, length; i < size; i += length ? length : 1) {
		bool is_shown;

		length = text_character(bytes + i, size - i, &character);
		is_shown = length && (text_is_shown(character) || strchr("\n\t", bytes[i]));
		fwrite(is_shown ? bytes + i : "?", 1, is_shown ? length : 1, out);
	}
	return (ssize_t)size;
}

void diag_guard(void)
{
	FILE *stream = memory_needed(
		fopencookie(stderr, "w", (cookie_io_functions_t){.write = guard_write}));

	setvbuf(stream, NULL, _IONBF, 0);
	diag_divert(stream);
}

int diag_as_json(void)
{
	static FILE *stream;

	if (stream)
		return 0;
	stream = fopencookie(stderr, "w", (cookie_io_functions_t){.write = json_write});
	if (!stream)
		return -ENOMEM;
	setvbuf(stream, NULL, _IOLBF, 0);
	diag_divert(stream);
	return 0;
}
