/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Diagnostics: lines on stderr, as text or as JSON Lines, and where they go. */
#ifndef MIGTRACE_BASE_DIAG_H
#define MIGTRACE_BASE_DIAG_H

#include <stdio.h>

/* Says a line, to which "migtrace: " and the end of the line are added. */
void diag(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* From now on what a terminal would obey is written to stderr as ?, whoever named it so. */
void diag_guard(void);

/*
 * From now on each line on stderr is an object {"schema":"migtrace.error/1","error":"..."}. Returns
 * 0 or -ENOMEM; twice does no harm.
 */
int diag_as_json(void);

/*
 * From now on whatever is written to stderr goes to the stream, which is the caller's. Returns what
 * stderr was, for the way back.
 */
FILE *diag_divert(FILE *stream);

#endif
