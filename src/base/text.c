/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes from outside: as UTF-8 that JSON can carry, and as text that a terminal may show. */
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

#define ESCAPE	      4 /* \xHH */
#define CHARACTER_MAX 4

/* Returns the length that the first byte of a character promises, or 0 (RFC 3629). */
static size_t promised(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first >= 0xc2 && first <= 0xdf)
		return 2;
	if (first >= 0xe0 && first <= 0xef)
		return 3;
	return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

/* Returns whether the second byte may follow the first: no overlong forms, no surrogates. */
static bool is_second(unsigned char first, unsigned char second)
{
	unsigned char lo = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
	unsigned char hi = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;

	return second >= lo && second <= hi;
}

size_t text_character(const char *bytes, size_t len, uint32_t *character)
{
	const unsigned char *at = (const unsigned char *)bytes;
	size_t want = promised(at[0]);

	if (!want || want > len || (want > 1 && !is_second(at[0], at[1])))
		return 0;
	*character = want == 1 ? at[0] : at[0] & (0xffu >> (want + 1));
	for (size_t i = 1; i < want; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		*character = *character << 6 | (at[i] & 0x3f);
	}
	return want;
}

bool text_is_utf8(const char *bytes, size_t len)
{
	uint32_t character;
	size_t size;

	for (size_t i = 0; i < len; i += size) {
		size = text_character(bytes + i, len - i, &character);
		if (!size)
			return false;
	}
	return true;
}

/* Returns whether that is how a byte is escaped; NUL never is. */
static bool is_escape(const char *text, size_t len)
{
	static const char digits[] = "0123456789abcdef";

	return len >= ESCAPE && text[0] == '\\' && text[1] == 'x' && text[2] && text[3] &&
	       strchr(digits, text[2]) && strchr(digits, text[3]) &&
	       (text[2] != '0' || text[3] != '0');
}

void text_to_utf8(char *text, const char *bytes, size_t len)
{
	uint32_t character;

	len = strnlen(bytes, len);
	for (size_t i = 0; i < len;) {
		size_t size = text_character(bytes + i, len - i, &character);

		if (!size || is_escape(bytes + i, len - i)) {
			text += sprintf(text, "\\x%02x", (unsigned char)bytes[i++]);
			continue;
		}
		memcpy(text, bytes + i, size);
		text += size;
		i += size;
	}
	*text = '\0';
}

size_t text_from_utf8(char *bytes, size_t room, const char *text)
{
	size_t len = strlen(text), count = 0;

	for (size_t i = 0; i < len; count++) {
		char byte = text[i];
		bool is_escaped = is_escape(text + i, len - i);

		if (is_escaped)
			byte = (char)strtoul((char[]){text[i + 2], text[i + 3], '\0'}, NULL, 16);
		if (count < room)
			bytes[count] = byte;
		i += is_escaped ? ESCAPE : 1;
	}
	return count;
}

struct json_object *text_json(const char *bytes, size_t len)
{
	struct json_object *json = NULL;
	char *text;

	len = strnlen(bytes, len);
	text = memory_needed(malloc(TEXT_UTF8_MAX(len)));
	text_to_utf8(text, bytes, len);
	json = json_object_new_string(text);
	free(text);
	return json;
}

/* Controls, marks of direction, line ends of Unicode's own, and what takes no
 * place (Unicode 15). */
static const struct {
	uint32_t first, last;
} hidden[] = {
	{0x00, 0x1f},	  {0x7f, 0x9f},	    {0xad, 0xad},     {0x61c, 0x61c},
	{0x180b, 0x180f}, {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f},
	{0xfe00, 0xfe0f}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe0fff},
};

bool text_is_shown(uint32_t character)
{
	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		if (character >= hidden[i].first && character <= hidden[i].last)
			return false;
	return true;
}

bool text_step(const char *text, size_t *size)
{
	uint32_t character;

	*size = text_character(text, strnlen(text, CHARACTER_MAX), &character);
	if (*size)
		return text_is_shown(character);
	*size = 1;
	return false;
}

char text_ascii(char byte, char other)
{
	return byte >= ' ' && byte <= '~' ? byte : other;
}

void text_shown(char *shown, const char *text)
{
	for (size_t size; *text; text += size) {
		bool is_shown = text_step(text, &size);
		size_t count = is_shown ? size : 1;

		memmove(shown, is_shown ? text : "?", count);
		shown += count;
	}
	*shown = '\0';
}
