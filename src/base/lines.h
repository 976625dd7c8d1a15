/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines out of bytes that come in pieces. */
#ifndef MIGTRACE_BASE_LINES_H
#define MIGTRACE_BASE_LINES_H

#include <stddef.h>

/* What is done with a line for which there is no room. */
enum line_overlong {
	LINE_REFUSE, /* lines_take() fails */
	LINE_CUT,    /* the rest is passed over */
	LINE_BREAK,  /* the rest is another line */
};

/* The line that is being put together; bytes and room are the caller's, which has room
 * for a NUL. */
struct line {
	char *bytes;
	size_t room;
	size_t length;
	enum line_overlong overlong;
};

/* Takes a line without its end, closed by NUL. Returns 0, or what
 * ends it all. */
typedef int line_fn(void *arg, const char *bytes, size_t length);

/*
 * Gives take each line that the bytes complete; what is behind the last one is kept. Returns 0;
 * what take returned, if that is not 0; or -EPROTO for a line that is refused. Then the rest is
 * lost.
 */
int lines_take(struct line *line, const char *bytes, size_t size, line_fn *take, void *arg);

#endif
