/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes from outside: as UTF-8 that JSON can carry, and as text that a terminal may show. */
#ifndef MIGTRACE_BASE_TEXT_H
#define MIGTRACE_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for len bytes in which each had to be escaped, and the closing NUL. */
#define TEXT_UTF8_MAX(len) (4 * (len) + 1)

struct json_object;

/*
 * Returns the length of the character that the bytes begin with, and which it is; 0 where that is
 * no UTF-8 (RFC 3629). A length of 0 is not allowed.
 */
size_t text_character(const char *bytes, size_t len, uint32_t *character);

/* Returns whether all of it is UTF-8. */
bool text_is_utf8(const char *bytes, size_t len);

/*
 * Copies len bytes up to the first NUL to text, closed by NUL. A byte that is no UTF-8 becomes \xHH
 * (lower case), and so does the backslash of what looks like that: nothing is lost.
 */
void text_to_utf8(char *text, const char *bytes, size_t len);

/* The way back, to as many bytes as there is room for. Returns how many it would be. */
size_t text_from_utf8(char *bytes, size_t room, const char *text);

/* Returns bytes up to the first NUL as a JSON string, which the caller puts. */
struct json_object *text_json(const char *bytes, size_t len);

/*
 * Returns whether a terminal may be sent the character: none that controls it or the direction of
 * writing, is not seen, or ends a line.
 */
bool text_is_shown(uint32_t character);

/*
 * Returns whether the first character of text, which is not empty, may be shown, and how many bytes
 * it has; what is no character is one byte that may not be.
 */
bool text_step(const char *text, size_t *size);

/* Returns the byte if it is ASCII that can be printed, else the other one. */
char text_ascii(char byte, char other);

/* Copies text with ? for each character that may not be shown; it is never longer, and may be the
 * same text.
 */
void text_shown(char *shown, const char *text);

#endif
