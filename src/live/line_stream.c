/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A stdio stream that calls a function per line and optionally copies it to a file. */
#include "live/line_stream.h"

#include <errno.h>
#include <stdlib.h>

#include "record/read.h"

struct lines {
	line_fn *take;
	void *arg;
	FILE *file;
	size_t length;
	char line[RECORD_LINE_MAX];
};

static int line_end(struct lines *lines)
{
	size_t length = lines->length;

	lines->line[length] = '\0';
	lines->length = 0;
	if (lines->file && (fprintf(lines->file, "%s\n", lines->line) < 0 || fflush(lines->file)))
		return -errno;
	return lines->take(lines->arg, lines->line, length);
}

static ssize_t lines_write(void *cookie, const char *bytes, size_t size)
{
	struct lines *lines = cookie;
	int err = 0;

	for (size_t i = 0; i < size && !err; i++) {
		if (bytes[i] == '\n')
			err = line_end(lines);
		else if (lines->length == sizeof(lines->line) - 1)
			err = -EPROTO;
		else
			lines->line[lines->length++] = bytes[i];
	}
	if (!err)
		return (ssize_t)size;
	errno = -err;
	return 0; /* as fopencookie(3) has it */
}

static int lines_close(void *cookie)
{
	struct lines *lines = cookie;
	int err = lines->file ? fclose(lines->file) : 0;

	free(lines);
	return err;
}

FILE *lines_open(line_fn *take, void *arg, FILE *file)
{
	struct lines *lines = calloc(1, sizeof(*lines));
	FILE *stream = NULL;

	if (lines) {
		*lines = (struct lines){.take = take, .arg = arg, .file = file};
		stream = fopencookie(
			lines, "w",
			(cookie_io_functions_t){.write = lines_write, .close = lines_close});
	}
	if (!stream)
		free(lines);
	return stream;
}
