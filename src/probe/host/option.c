/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options on QEMU's command line: where they are, and what they say. */
#include "probe/host/option.h"

#include <stdio.h>
#include <string.h>

bool option_value(const char *option, const char *key, char value[OPTION_VALUE])
{
	static const struct {
		const char *before, *after, *end;
	} forms[] = {{"\"", "\":\"", "\""}, {",", "=", ","}};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		char pattern[OPTION_VALUE];
		const char *at;
		size_t len;

		snprintf(pattern, sizeof(pattern), "%s%s%s", forms[i].before, key, forms[i].after);
		at = strstr(option, pattern);
		if (!at)
			continue;
		at += strlen(pattern);
		len = strcspn(at, forms[i].end);
		if (len >= OPTION_VALUE)
			continue;
		memcpy(value, at, len);
		value[len] = '\0';
		return true;
	}
	return false;
}

const char *option_next(const char *option, const char *end)
{
	option += strlen(option) + 1;
	return option < end ? option : NULL;
}
