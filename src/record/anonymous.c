/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A recording without the names of its domains and hosts, their UUIDs and addresses. */
#include "record/anonymous.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_line.h"
#include "record/anonymous_text.h"
#include "record/parse.h"

#define UNREADABLE "?" /* a line that is none, as the one was that it stands for */

struct anonymous {
	struct aliases *aliases;
	struct json_tokener *tokener;
	struct json_object *last; /* whose text was returned */
};

/* What becomes of a value. */
enum how {
	HOW_OUT,     /* not known: nothing of it stays */
	HOW_OURS,    /* a recorder's own words, QEMU's or the kernel's */
	HOW_NUMBER,  /* or true, or false */
	HOW_NUMBERS, /* an object of them */
	HOW_MISSING, /* the list of probes that lack */
	HOW_UUID,
	HOW_HOST,
	HOW_FILE,
	HOW_ERROR,
	HOW_ADDRESS,
	HOW_HASH,
	HOW_ETHERNET,
	HOW_INTERFACE,
	HOW_DISK,
	HOW_THREAD,
	HOW_COOKIE,
	HOW_STATISTICS,
	HOW_MONITOR,
};

/* What lines have that are no events: those have record/kinds.c's table. */
static const struct {
	enum record_kind kind;
	const char *key;
	enum how how;
} keys[] = {
	{RECORD_HEADER, "schema", HOW_OURS},
	{RECORD_HEADER, "tool", HOW_OURS},
	{RECORD_HEADER, "id", HOW_UUID},
	{RECORD_HEADER, "host", HOW_HOST},
	{RECORD_HEADER, "kernel", HOW_OURS},
	{RECORD_HEADER, "boot_id", HOW_UUID},
	{RECORD_HEADER, "clock", HOW_OURS},
	{RECORD_HEADER, "asks_libvirt", HOW_NUMBER},
	{RECORD_TARGET, "file", HOW_FILE},
	{RECORD_TARGET, "build_id", HOW_OURS},
	{RECORD_TARGET, "probes", HOW_NUMBER},
	{RECORD_TARGET, "missing", HOW_MISSING},
	{RECORD_DAEMON, "pid", HOW_NUMBER},
	{RECORD_DAEMON, "host", HOW_HOST},
	{RECORD_DAEMON, "hostuuid", HOW_UUID},
	{RECORD_CLOCK, "mono_before_ns", HOW_NUMBER},
	{RECORD_CLOCK, "raw_ns", HOW_NUMBER},
	{RECORD_CLOCK, "real_ns", HOW_NUMBER},
	{RECORD_CLOCK, "mono_after_ns", HOW_NUMBER},
	{RECORD_CLOCK, "lost", HOW_NUMBER},
	{RECORD_EVENT, "event", HOW_OURS},
	{RECORD_EVENT, "edge", HOW_OURS},
	{RECORD_STATS, "uuid", HOW_UUID},
	{RECORD_STATS, "pid", HOW_NUMBER},
	{RECORD_STATS, "end_ktime_ns", HOW_NUMBER},
	{RECORD_STATS, "from", HOW_OURS},
	{RECORD_STATS, "libvirt", HOW_NUMBER},
	{RECORD_STATS, "type", HOW_NUMBER},
	{RECORD_STATS, "fields", HOW_NUMBERS},
	{RECORD_STATS, "error", HOW_ERROR},
	{RECORD_EXCHANGE, "peer", HOW_UUID},
	{RECORD_EXCHANGE, "t1_ns", HOW_NUMBER},
	{RECORD_EXCHANGE, "t2_ns", HOW_NUMBER},
	{RECORD_EXCHANGE, "t3_ns", HOW_NUMBER},
	{RECORD_EXCHANGE, "t4_ns", HOW_NUMBER},
	{RECORD_GONE, "pid", HOW_NUMBER},
	{RECORD_GONE, "ktime_ns", HOW_NUMBER},
	{RECORD_END, "hits", HOW_NUMBER},
	{RECORD_END, "lost", HOW_NUMBER},
	{RECORD_END, "unreadable", HOW_NUMBER},
	/* and one of those that are missing */
	{RECORD_KINDS, "name", HOW_OURS},
	{RECORD_KINDS, "why", HOW_ERROR},
};

static enum how how_of_text(uint16_t kind)
{
	switch (kind) {
	case MT_COOKIE_STATISTICS:
		return HOW_STATISTICS;
	case MT_MONITOR_EVENT:
		return HOW_MONITOR;
	case MT_ERROR:
		return HOW_ERROR;
	case MT_NET_BEGIN:
	case MT_NET_END:
		return HOW_INTERFACE;
	default:
		return HOW_COOKIE;
	}
}

static enum how how_of_field(const struct field *field, const struct mt_event *event)
{
	switch (field->type) {
	case FIELD_UUID:
		return HOW_UUID;
	case FIELD_ADDRESS:
		return HOW_ADDRESS;
	case FIELD_HASH:
		return HOW_HASH;
	case FIELD_ETHERNET:
		return HOW_ETHERNET;
	case FIELD_COMM:
		return HOW_THREAD;
	case FIELD_TEXT:
		return how_of_text(event->kind);
	case FIELD_NAME:
		return event->kind == MT_DISK_BEGIN || event->kind == MT_DISK_END ? HOW_DISK
										  : HOW_OURS;
	case FIELD_COMMAND:
	case FIELD_STEP:
	case FIELD_CALL:
		return HOW_OURS;
	default:
		return HOW_NUMBER;
	}
}

static enum how how_of(enum record_kind kind, const struct mt_event *event, const char *key)
{
	const struct field *fields;
	size_t count;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (keys[i].kind == kind && !strcmp(keys[i].key, key))
			return keys[i].how;
	if (kind != RECORD_EVENT)
		return HOW_OUT;
	fields = event_fields(&count);
	for (size_t i = 0; i < count; i++)
		if (field_applies(&fields[i], event) && !strcmp(fields[i].name, key))
			return how_of_field(&fields[i], event);
	return HOW_OUT;
}

static struct json_object *text_made(struct aliases *aliases, const char *text,
				     int (*make)(struct aliases *, const char *, FILE *))
{
	struct json_object *made = NULL;
	char *bytes = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&bytes, &size);
	int err = out ? make(aliases, text, out) : -ENOMEM;

	if (out && !fclose(out) && !err)
		made = json_object_new_string_len(bytes, (int)size);
	free(bytes);
	return made;
}

static struct json_object *text_alias(struct aliases *aliases, enum alias_kind kind,
				      const char *text)
{
	const char *alias = alias_of(aliases, kind, text);

	return alias ? json_object_new_string(alias) : NULL;
}

/* Returns what stands for the text; NULL without memory. */
static struct json_object *text_replace(struct aliases *aliases, enum how how,
					struct json_object *value)
{
	const char *text = json_object_get_string(value);

	switch (how) {
	case HOW_OURS:
		return json_object_get(value);
	case HOW_UUID:
		return text_alias(aliases, ALIAS_UUID, text);
	case HOW_HOST:
		return text_alias(aliases, ALIAS_HOST, text);
	case HOW_FILE:
		return text_alias(aliases, ALIAS_FILE, text);
	case HOW_ERROR:
		return text_alias(aliases, ALIAS_ERROR, text);
	case HOW_ADDRESS:
		return text_alias(aliases, ALIAS_ADDRESS, text);
	case HOW_HASH:
		return text_alias(aliases, ALIAS_HASH, text);
	case HOW_ETHERNET:
		return text_alias(aliases, ALIAS_ETHERNET, text);
	case HOW_INTERFACE:
		return text_alias(aliases, ALIAS_INTERFACE, text);
	case HOW_DISK:
		return text_alias(aliases, ALIAS_DISK, text);
	case HOW_THREAD:
		return text_made(aliases, text, anonymous_thread);
	case HOW_COOKIE:
		return text_made(aliases, text, anonymous_cookie);
	case HOW_STATISTICS:
		return text_made(aliases, text, anonymous_statistics);
	case HOW_MONITOR:
		return text_made(aliases, text, anonymous_monitor);
	default: /* no text belongs there: it is one no more, and as wrong as it was */
		return json_object_new_string("?");
	}
}

static bool is_plain(struct json_object *value)
{
	return !json_object_is_type(value, json_type_string) &&
	       !json_object_is_type(value, json_type_object) &&
	       !json_object_is_type(value, json_type_array);
}

/* Of libvirt's statistics: numbers are all that is read of them. */
static struct json_object *numbers_copy(struct json_object *from)
{
	struct json_object *to = json_object_new_object();

	if (!json_object_is_type(from, json_type_object))
		return to;
	json_object_object_foreach(from, key, value)
	{
		if (is_plain(value) && !key[strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789_.")])
			json_object_object_add(to, key, json_object_get(value));
	}
	return to;
}

static bool fields_copy(struct aliases *aliases, struct json_object *from, enum record_kind kind,
			const struct mt_event *event, struct json_object *to);

static struct json_object *missing_copy(struct aliases *aliases, struct json_object *from)
{
	static const struct mt_event none;
	struct json_object *to = json_object_new_array();

	if (!json_object_is_type(from, json_type_array))
		return to;
	for (size_t i = 0; i < json_object_array_length(from); i++) {
		struct json_object *one = json_object_new_object();

		json_object_array_add(to, one);
		if (fields_copy(aliases, json_object_array_get_idx(from, i), RECORD_KINDS, &none,
				one))
			continue;
		json_object_put(to);
		return NULL;
	}
	return to;
}

/* Adds what the value becomes. Returns whether there was memory for it. */
static bool value_add(struct aliases *aliases, struct json_object *line, const char *key,
		      enum how how, struct json_object *value)
{
	struct json_object *made;

	if (how == HOW_MISSING)
		made = missing_copy(aliases, value);
	else if (how == HOW_NUMBERS)
		made = numbers_copy(value);
	else if (is_plain(value))
		return !json_object_object_add(line, key, json_object_get(value));
	else if (json_object_is_type(value, json_type_string))
		made = text_replace(aliases, how, value);
	else
		made = json_object_new_array(); /* of what does not belong there */
	return made && !json_object_object_add(line, key, made);
}

/* Adds to the copy what may be handed over. Returns whether there was memory for it. */
static bool fields_copy(struct aliases *aliases, struct json_object *from, enum record_kind kind,
			const struct mt_event *event, struct json_object *to)
{
	if (!json_object_is_type(from, json_type_object))
		return true;
	json_object_object_foreach(from, key, value)
	{
		enum how how = how_of(kind, event, key);

		if (how != HOW_OUT && !value_add(aliases, to, key, how, value))
			return false;
	}
	return true;
}

/* Returns the text, or NULL: there is none. */
static const char *text_of(struct json_object *line, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(line, key, &value) ||
	    !json_object_is_type(value, json_type_string))
		return NULL;
	return json_object_get_string(value);
}

static struct mt_event event_of(struct json_object *line)
{
	const char *name = text_of(line, "event"), *edge = text_of(line, "edge");
	struct mt_event event = {.kind = (uint16_t)event_kind_of(name ?: "")};

	if (edge && !strcmp(edge, event_edge_name(MT_RETURN)))
		event.edge = MT_RETURN;
	return event;
}

/* What is of a newer recorder no report has, either: nothing of it stays. */
static const char *object_line(struct anonymous *anonymous, struct json_object *line)
{
	const char *name = text_of(line, "kind");
	enum record_kind kind = name ? parse_kind(name) : RECORD_KINDS;
	struct mt_event event = {0};

	if (kind == RECORD_EVENT)
		event = event_of(line);
	if (!name)
		return UNREADABLE;
	if (kind == RECORD_KINDS || (kind == RECORD_EVENT && event.kind == MT_NONE))
		return "";
	anonymous->last = json_object_new_object();
	json_object_object_add(anonymous->last, "kind", json_object_new_string(name));
	if (!fields_copy(anonymous->aliases, line, kind, &event, anonymous->last))
		return NULL;
	return json_line(anonymous->last);
}

struct anonymous *anonymous_new(void)
{
	struct anonymous *anonymous = calloc(1, sizeof(*anonymous));

	if (!anonymous)
		return NULL;
	anonymous->aliases = aliases_new();
	anonymous->tokener = parse_tokener();
	if (anonymous->aliases && anonymous->tokener)
		return anonymous;
	anonymous_free(anonymous);
	return NULL;
}

const char *anonymous_line(struct anonymous *anonymous, const char *line, size_t len)
{
	struct json_object *object;
	const char *text;

	json_object_put(anonymous->last);
	anonymous->last = NULL;
	if (parse_is_blank(line, len))
		return "";
	object = parse_line(anonymous->tokener, line, len);
	text = json_object_is_type(object, json_type_object) ? object_line(anonymous, object)
							     : UNREADABLE;
	json_object_put(object);
	return text;
}

void anonymous_free(struct anonymous *anonymous)
{
	if (!anonymous)
		return;
	json_object_put(anonymous->last);
	if (anonymous->tokener)
		json_tokener_free(anonymous->tokener);
	aliases_free(anonymous->aliases);
	free(anonymous);
}
