/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A stdio stream that calls a function per line and optionally copies it to a file. */
#ifndef MIGTRACE_LIVE_LINE_STREAM_H
#define MIGTRACE_LIVE_LINE_STREAM_H

#include <stddef.h>
#include <stdio.h>

#include "base/lines.h"

/*
 * Returns the stream, which the caller closes, and by that the file (NULL: none); what
 * take returns the write gives. Or NULL if out of
 * memory, with the file left open. A line that is too long for a record gives -EPROTO.
 */
FILE *lines_open(line_fn *take, void *arg, FILE *file);

#endif
