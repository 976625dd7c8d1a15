/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes from outside as UTF-8 that JSON can carry. */
#include "record/text.h"

#include <string.h>

static const char replacement[] = "\xef\xbf\xbd";

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
static int is_second(unsigned char first, unsigned char second)
{
	unsigned char lo = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
	unsigned char hi = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;

	return second >= lo && second <= hi;
}

/* Returns how many of the bytes that the first one promises are there and right. */
static size_t present(const unsigned char *bytes, size_t len, size_t want)
{
	size_t have = 1;

	while (have < want && have < len &&
	       (have == 1 ? is_second(bytes[0], bytes[1]) : (bytes[have] & 0xc0) == 0x80))
		have++;
	return have;
}

void text_to_utf8(char *text, const char *bytes, size_t len)
{
	len = strnlen(bytes, len);
	for (size_t i = 0; i < len;) {
		const unsigned char *at = (const unsigned char *)bytes + i;
		size_t want = promised(*at), have = want ? present(at, len - i, want) : 1;

		if (want && have < want && i + have == len)
			break;
		if (have == want) {
			memcpy(text, at, have);
			text += have;
		} else {
			memcpy(text, replacement, sizeof(replacement) - 1);
			text += sizeof(replacement) - 1;
		}
		i += have;
	}
	*text = '\0';
}
