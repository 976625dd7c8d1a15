/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hardware addresses of Ethernet as text: 52:54:00:00:00:01. */
#include "core/event/ethernet.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

void ethernet_format(const uint8_t address[MT_ETHERNET], char text[ETHERNET_TEXT])
{
	const uint8_t *a = address;

	static_assert(ETHERNET_TEXT == sizeof("52:54:00:00:00:01"), "with its NUL");
	snprintf(text, ETHERNET_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", a[0], a[1], a[2], a[3], a[4],
		 a[5]);
}

static int digit_of(char digit)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = digit ? strchr(digits, digit) : NULL;

	return at ? (int)(at - digits) : -1;
}

bool ethernet_parse(const char *text, uint8_t address[MT_ETHERNET])
{
	for (size_t i = 0; i < MT_ETHERNET; i++, text += 3) {
		int high = digit_of(text[0]), low = high < 0 ? -1 : digit_of(text[1]);

		if (low < 0 || text[2] != (i + 1 < MT_ETHERNET ? ':' : '\0'))
			return false;
		assert(high < 16 && low < 16);
		address[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}
