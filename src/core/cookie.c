/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the head of libvirt's migration cookie says; only as much of it as is recorded. */
#include "core/cookie.h"

#include <string.h>

static const struct {
	const char *escaped;
	char plain;
} entities[] = {{"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&apos;", '\''}, {"&quot;", '"'}};

/* Returns the character that text begins with, and in *len how many bytes it takes there. */
static char unescape(const char *text, size_t left, size_t *len)
{
	for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++) {
		size_t escaped = strlen(entities[i].escaped);

		if (left >= escaped && !memcmp(text, entities[i].escaped, escaped)) {
			*len = escaped;
			return entities[i].plain;
		}
	}
	*len = 1;
	return *text;
}

/* The cookie begins <qemu-migration>\n  <name>NAME</name> (libvirt: qemuMigrationCookieXMLFormat).
 */
void cookie_name(const struct mt_event *event, char *name, size_t size)
{
	static const char open[] = "<name>", close[] = "</name>";
	size_t len = event->text_len < MT_TEXT ? event->text_len : MT_TEXT, used = 0, step;
	const char *at = memmem(event->text, len, open, sizeof(open) - 1), *end;

	name[0] = '\0';
	if (!at)
		return;
	at += sizeof(open) - 1;
	end = memmem(at, len - (size_t)(at - event->text), close, sizeof(close) - 1);
	if (!end)
		return;
	for (; at < end && used + 1 < size; at += step)
		name[used++] = unescape(at, (size_t)(end - at), &step);
	name[used] = '\0';
}
