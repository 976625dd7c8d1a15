/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes from outside as UTF-8 that JSON can carry. */
#ifndef MIGTRACE_RECORD_TEXT_H
#define MIGTRACE_RECORD_TEXT_H

#include <stddef.h>

/* Room for len bytes in which each had to be replaced, and the closing NUL. */
#define TEXT_UTF8_MAX(len) (3 * (len) + 1)

/*
 * Copies len bytes up to the first NUL to text, closed by NUL. What is not UTF-8 becomes U+FFFD;
 * a character that the end cuts is left out.
 */
void text_to_utf8(char *text, const char *bytes, size_t len);

#endif
