/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a monitor event's text says: QEMU's spelling, none of it believed. */
#include "core/event/monitor.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

/* Returns whether the value that follows the key in the text is the string value. */
static bool text_has(const struct mt_event *event, const char *key, const char *value)
{
	size_t key_len = strlen(key), value_len = strlen(value);
	size_t len = event->text_len < MT_TEXT ? event->text_len : MT_TEXT;
	const char *at = memmem(event->text, len, key, key_len);
	size_t left;

	if (event->kind != MT_MONITOR_EVENT || !at)
		return false;
	left = len - (size_t)(at - event->text) - key_len;
	assert(left <= len);
	return left > value_len && !memcmp(at + key_len, value, value_len) &&
	       at[key_len + value_len] == '"';
}

bool monitor_event_is(const struct mt_event *event, const char *name)
{
	return text_has(event, "\"event\": \"", name);
}

bool monitor_status_is(const struct mt_event *event, const char *status)
{
	return monitor_event_is(event, "MIGRATION") && text_has(event, "\"status\": \"", status);
}

bool monitor_number(const struct mt_event *event, const char *key, uint64_t *number)
{
	size_t len = event->text_len < MT_TEXT ? event->text_len : MT_TEXT;
	const char *at = memmem(event->text, len, key, strlen(key));
	const char *end = event->text + len;
	int digits = 0;

	if (event->kind != MT_MONITOR_EVENT || !at)
		return false;
	*number = 0;
	assert(at + strlen(key) <= end);
	for (at += strlen(key); at < end && *at >= '0' && *at <= '9' && digits < 18; at++, digits++)
		*number = *number * 10 + (uint64_t)(*at - '0');
	assert(at <= end && digits <= 18);
	return digits;
}
