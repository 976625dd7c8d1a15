/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the output terminal supports: cursor, colour, UTF-8. */
#ifndef MIGTRACE_REPORT_TERMINAL_H
#define MIGTRACE_REPORT_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

struct terminal {
	bool has_cursor; /* lines can be written over: a terminal that is not dumb */
	bool has_colour; /* and $NO_COLOR does not forbid it */
	bool has_utf8;	 /* by the locale */
};

/* Returns what the stream can show; main() has set the locale. */
struct terminal terminal_of(FILE *out);

/* Returns how many columns and rows it has; 80 and 24 where that is not known. */
void terminal_size(FILE *out, int *columns, int *rows);

/*
 * Returns a stream to which reports are written in UTF-8, and which writes to out what can be shown
 * there; out itself where that is all. The caller ends it with text_close(), which flushes out.
 */
FILE *text_open(FILE *out);

void text_close(FILE *text, FILE *out);

/*
 * Flushes the stream. Returns 0, or -errno of what could not be written, be it long ago: -EPIPE
 * where nobody reads it any more.
 */
int output_error(FILE *out);

#endif
