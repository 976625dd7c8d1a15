/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the head of libvirt's migration cookie says; only as much of it as is recorded. */
#include "core/event/cookie.h"

#include <assert.h>
#include <string.h>
#include <uuid/uuid.h>

static const struct {
	const char *escaped;
	char plain;
} entities[] = {{"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&apos;", '\''}, {"&quot;", '"'}};

/* Returns the character that text begins with, and in *len how many bytes it takes there. */
static char unescape(const char *text, size_t left, size_t *len)
{
	assert(left);
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

/* Finds what stands between the tags; returns NULL where the element is not whole in the head. */
static const char *element_find(const struct mt_event *event, const char *open, const char *close,
				size_t *len)
{
	size_t text_len = event->text_len < MT_TEXT ? event->text_len : MT_TEXT;
	const char *at = memmem(event->text, text_len, open, strlen(open)), *end;

	if (!at)
		return NULL;
	at += strlen(open);
	assert(at <= event->text + text_len);
	end = memmem(at, text_len - (size_t)(at - event->text), close, strlen(close));
	*len = end ? (size_t)(end - at) : 0;
	assert(at + *len <= event->text + text_len);
	return end ? at : NULL;
}

bool cookie_is_in(const struct mt_event *event)
{
	return (event->kind == MT_COOKIE_FORMAT || event->kind == MT_PREPARE ||
		event->kind == MT_FINISH) &&
	       event->cookie.len && event->text_len;
}

static void text_copy(const char *at, size_t left, char *text, size_t size)
{
	size_t used = 0, step;

	assert(size);
	for (; at && left && used + 1 < size; at += step, left -= step) {
		text[used++] = unescape(at, left, &step);
		assert(step && step <= left);
	}
	assert(used < size);
	text[used] = '\0';
}

/* The cookie begins <qemu-migration>\n
 * <name>NAME</name> (libvirt: qemuMigrationCookieXMLFormat). */
void cookie_name(const struct mt_event *event, char *name, size_t size)
{
	size_t left = 0;
	const char *at = element_find(event, "<name>", "</name>", &left);

	text_copy(at, left, name, size);
}

void cookie_host(const struct mt_event *event, char *name, size_t size)
{
	size_t left = 0;
	const char *at = element_find(event, "<hostname>", "</hostname>", &left);

	text_copy(at, left, name, size);
}

bool cookie_uuid(const struct mt_event *event, uint8_t *uuid)
{
	size_t len;
	const char *at = element_find(event, "<uuid>", "</uuid>", &len);
	char text[UUID_STR_LEN];

	if (!at || len != sizeof(text) - 1)
		return false;
	assert(len < sizeof(text));
	memcpy(text, at, len);
	text[len] = '\0';
	return !uuid_parse(text, uuid);
}
