/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines out of bytes that come in pieces. */
#include "base/lines.h"

#include <errno.h>
#include <stdbool.h>

static int line_end(struct line *line, line_fn *take, void *arg)
{
	size_t length = line->length;

	line->bytes[length] = '\0';
	line->length = 0;
	return take(arg, line->bytes, length);
}

int lines_take(struct line *line, const char *bytes, size_t size, line_fn *take, void *arg)
{
	int err = 0;

	for (size_t i = 0; i < size && !err; i++) {
		bool is_full = line->length == line->room - 1;

		if (bytes[i] == '\n')
			err = line_end(line, take, arg);
		else if (is_full && line->overlong == LINE_REFUSE)
			err = -EPROTO;
		else if (is_full && line->overlong == LINE_BREAK)
			err = line_end(line, take, arg);
		if (!err && bytes[i] != '\n' && line->length < line->room - 1)
			line->bytes[line->length++] = bytes[i];
	}
	return err;
}
