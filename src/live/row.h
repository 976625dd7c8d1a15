/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One line of what live shows, while it is put together. */
#ifndef MIGTRACE_LIVE_ROW_H
#define MIGTRACE_LIVE_ROW_H

#include <stdint.h>

#include "core/event/quantity.h"

#define ROW	   512 /* bytes of a row, with its NUL: more is left out */
#define LINE_WIDTH 79
#define NAME_WIDTH 16

/* All append to the row, which is a string of at most ROW bytes. */
void row_add(char *row, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What is safe on a terminal, up to so many columns, of a text from another host. */
void row_add_safe(char *row, const char *text, int columns);

/* The words, and the quantity as people read it. */
void row_add_duration(char *row, const char *before, const struct quantity *quantity);

/* Blanks up to that column. */
void row_pad(char *row, int columns);

/* Begins the row with the time of day, and whose it is: the name, or the UUID where that is "". */
void row_begin(char *row, int64_t real_ns, const char *name, const char *uuid);

#endif
