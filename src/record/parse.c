/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A line of a recording as JSON. */
#include "record/parse.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define JSON_DEPTH 4

struct json_tokener *parse_tokener(void)
{
	struct json_tokener *tokener = json_tokener_new_ex(JSON_DEPTH);

	if (tokener)
		json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	return tokener;
}

/* Earlier recorders wrote names as they were: what is no UTF-8 is escaped as it is now. */
static struct json_object *bytes_parse(struct json_tokener *tokener, const char *bytes, size_t len)
{
	char *text = malloc(TEXT_UTF8_MAX(len) + len), *to = text;
	struct json_object *line;
	uint32_t character;

	for (size_t i = 0; text && i < len;) {
		size_t size = text_character(bytes + i, len - i, &character);

		if (!size) {
			to += sprintf(to, "\\\\x%02x", (unsigned char)bytes[i++]);
			continue;
		}
		memcpy(to, bytes + i, size);
		to += size;
		i += size;
	}
	line = text ? json_tokener_parse_ex(tokener, text, (int)(to - text)) : NULL;
	free(text);
	return line;
}

struct json_object *parse_line(struct json_tokener *tokener, const char *text, size_t len)
{
	struct json_object *line;

	json_tokener_reset(tokener);
	if (memchr(text, '\0', len))
		return NULL;
	errno = 0;
	if (!text_is_utf8(text, len))
		line = bytes_parse(tokener, text, len);
	else
		line = json_tokener_parse_ex(tokener, text, (int)len);
	/* What json-c has no memory for it leaves out, and says nothing. */
	memory_require(errno != ENOMEM);
	if (json_tokener_get_error(tokener) == json_tokener_success)
		return line;
	json_object_put(line);
	return NULL;
}

bool parse_is_blank(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!strchr(" \t\r", text[i]))
			return false;
	return true;
}

enum record_kind parse_kind(const char *name)
{
	int kind = 0;

	while (kind < RECORD_KINDS && strcmp(name, record_kind_name((enum record_kind)kind)) != 0)
		kind++;
	return (enum record_kind)kind;
}
