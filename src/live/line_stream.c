/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A stdio stream that calls a function per line and optionally copies it to a file. */
#include "live/line_stream.h"

#include <errno.h>
#include <stdlib.h>

#include "record/read.h"

struct line_stream {
	line_fn *take;
	void *arg;
	FILE *file;
	struct line line;
	char bytes[RECORD_LINE_MAX];
};

static int line_copy(void *arg, const char *bytes, size_t length)
{
	struct line_stream *stream = arg;

	if (stream->file && (fprintf(stream->file, "%s\n", bytes) < 0 || fflush(stream->file)))
		return -errno;
	return stream->take(stream->arg, bytes, length);
}

static ssize_t stream_write(void *cookie, const char *bytes, size_t size)
{
	struct line_stream *stream = cookie;
	int err = lines_take(&stream->line, bytes, size, line_copy, stream);

	if (!err)
		return (ssize_t)size;
	errno = -err;
	return 0; /* as fopencookie(3) has it */
}

static int stream_close(void *cookie)
{
	struct line_stream *stream = cookie;
	int err = stream->file ? fclose(stream->file) : 0;

	free(stream);
	return err;
}

FILE *lines_open(line_fn *take, void *arg, FILE *file)
{
	struct line_stream *lines = calloc(1, sizeof(*lines));
	FILE *stream = NULL;

	if (lines) {
		*lines = (struct line_stream){.take = take, .arg = arg, .file = file};
		lines->line = (struct line){.bytes = lines->bytes, .room = RECORD_LINE_MAX};
		stream = fopencookie(
			lines, "w",
			(cookie_io_functions_t){.write = stream_write, .close = stream_close});
	}
	if (!stream)
		free(lines);
	return stream;
}
