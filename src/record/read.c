/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads a recording; nothing in the file is believed that has not been checked. */
#include "record/read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <json-c/json.h>
#include <arpa/inet.h>
#include <uuid/uuid.h>

#include "core/clock.h"
#include "record/kinds.h"
#include "core/qmp.h"

#define JSON_DEPTH  4
#define REAL_NS_MAX UINT64_C(4000000000000000000) /* year 2096 */

/* Where reading stands; why says what is wrong with the line. */
struct reader {
	struct recording *recording;
	size_t line;
	size_t event_room, snapshot_room, daemon_room, exchange_room, missing_room;
	const char *why;
	const char *field;
};

static int bad(struct reader *reader, const char *why, const char *field)
{
	reader->why = why;
	reader->field = field;
	return -EPROTO;
}

/* Makes room for one more; doubles, so that the cost per element is constant. */
static int grow(void **array, size_t count, size_t *room, size_t size)
{
	size_t more = *room ? *room * 2 : 64;
	void *bigger;

	if (count < *room)
		return 0;
	bigger = reallocarray(*array, more, size);
	if (!bigger)
		return -ENOMEM;
	*array = bigger;
	*room = more;
	return 0;
}

static int get_uint(struct reader *reader, struct json_object *line, const char *key, uint64_t max,
		    uint64_t *value)
{
	struct json_object *json;

	if (!json_object_object_get_ex(line, key, &json) ||
	    !json_object_is_type(json, json_type_int))
		return bad(reader, "no number", key);
	errno = 0;
	*value = json_object_get_uint64(json);
	if (errno || json_object_get_int64(json) < 0 || *value > max)
		return bad(reader, "out of range", key);
	return 0;
}

static int get_stamp(struct reader *reader, struct json_object *line, const char *key,
		     int64_t *value)
{
	uint64_t ns;
	int err = get_uint(reader, line, key, (uint64_t)CLOCK_NS_MAX, &ns);

	if (!err)
		*value = (int64_t)ns;
	return err;
}

/* Copies the string if it is one and has room; null is the empty string. */
static int get_string(struct reader *reader, struct json_object *line, const char *key, char *value,
		      size_t size)
{
	struct json_object *json;

	if (!json_object_object_get_ex(line, key, &json))
		return bad(reader, "not there", key);
	if (json && !json_object_is_type(json, json_type_string))
		return bad(reader, "no string", key);
	if (json && (size_t)json_object_get_string_len(json) >= size)
		return bad(reader, "too long", key);
	snprintf(value, size, "%s", json ? json_object_get_string(json) : "");
	return 0;
}

static int read_header(struct reader *reader, struct json_object *line)
{
	char schema[32];

	if (get_string(reader, line, "schema", schema, sizeof(schema)))
		return -EPROTO;
	if (strcmp(schema, RECORD_SCHEMA))
		return bad(reader, "not " RECORD_SCHEMA, "schema");
	if (json_object_object_get_ex(line, "id", NULL) &&
	    get_string(reader, line, "id", reader->recording->id, UUID_TEXT))
		return -EPROTO;
	if (json_object_object_get_ex(line, "boot_id", NULL) &&
	    get_string(reader, line, "boot_id", reader->recording->boot_id, UUID_TEXT))
		return -EPROTO;
	return get_string(reader, line, "host", reader->recording->host, HOST_NAME);
}

static int read_exchange(struct reader *reader, struct json_object *line)
{
	struct recording *recording = reader->recording;
	struct exchange exchange;
	int err = get_string(reader, line, "peer", exchange.peer, UUID_TEXT);

	if (err || (err = get_stamp(reader, line, "t1_ns", &exchange.t1_ns)) ||
	    (err = get_stamp(reader, line, "t2_ns", &exchange.t2_ns)) ||
	    (err = get_stamp(reader, line, "t3_ns", &exchange.t3_ns)) ||
	    (err = get_stamp(reader, line, "t4_ns", &exchange.t4_ns)))
		return err;
	if (exchange.t4_ns < exchange.t1_ns || exchange.t3_ns < exchange.t2_ns)
		return bad(reader, "goes backwards", "exchange");
	err = grow((void **)&recording->exchanges, recording->exchange_count,
		   &reader->exchange_room, sizeof(exchange));
	if (!err)
		recording->exchanges[recording->exchange_count++] = exchange;
	return err;
}

static int read_daemon(struct reader *reader, struct json_object *line)
{
	struct recording *recording = reader->recording;
	struct daemon daemon;
	uint64_t pid;
	int err = get_uint(reader, line, "pid", UINT32_MAX, &pid);

	if (err || (err = get_string(reader, line, "host", daemon.host, HOST_NAME)) ||
	    (err = get_string(reader, line, "hostuuid", daemon.hostuuid, UUID_TEXT)))
		return err;
	err = grow((void **)&recording->daemons, recording->daemon_count, &reader->daemon_room,
		   sizeof(daemon));
	if (err)
		return err;
	daemon.pid = (uint32_t)pid;
	recording->daemons[recording->daemon_count++] = daemon;
	return 0;
}

static int read_missing(struct reader *reader, struct json_object *probe)
{
	struct recording *recording = reader->recording;
	struct missing missing;
	int err;

	if (!json_object_is_type(probe, json_type_object))
		return bad(reader, "no object", "missing");
	err = get_string(reader, probe, "name", missing.name, sizeof(missing.name));
	if (!err)
		err = grow((void **)&recording->missing, recording->missing_count,
			   &reader->missing_room, sizeof(missing));
	if (!err)
		recording->missing[recording->missing_count++] = missing;
	return err;
}

static int read_target(struct reader *reader, struct json_object *line)
{
	struct json_object *missing;
	int err = 0;

	if (!json_object_object_get_ex(line, "missing", &missing) ||
	    !json_object_is_type(missing, json_type_array))
		return bad(reader, "no list", "missing");
	for (size_t i = 0; !err && i < json_object_array_length(missing); i++)
		err = read_missing(reader, json_object_array_get_idx(missing, i));
	return err;
}

static int read_snapshot(struct reader *reader, struct json_object *line)
{
	struct recording *recording = reader->recording;
	size_t count = recording->snapshot_count;
	struct clock_snapshot snapshot, *last;
	uint64_t real_ns;
	int err = get_stamp(reader, line, "mono_before_ns", &snapshot.mono_before_ns);

	if (err || (err = get_stamp(reader, line, "raw_ns", &snapshot.raw_ns)) ||
	    (err = get_uint(reader, line, "real_ns", REAL_NS_MAX, &real_ns)) ||
	    (err = get_stamp(reader, line, "mono_after_ns", &snapshot.mono_after_ns)) ||
	    (err = get_uint(reader, line, "lost", INT64_MAX, &snapshot.lost)))
		return err;
	err = grow((void **)&recording->snapshots, count, &reader->snapshot_room, sizeof(snapshot));
	if (err)
		return err;
	snapshot.real_ns = (int64_t)real_ns;
	last = count ? &recording->snapshots[count - 1] : NULL;
	if (snapshot.mono_after_ns < snapshot.mono_before_ns ||
	    (last && (snapshot.mono_before_ns < last->mono_after_ns ||
		      snapshot.raw_ns < last->raw_ns || snapshot.lost < last->lost)))
		return bad(reader, "goes backwards", "clock");
	recording->snapshots[recording->snapshot_count++] = snapshot;
	return 0;
}

static int read_end(struct reader *reader, struct json_object *line)
{
	reader->recording->ended = true;
	if (get_uint(reader, line, "hits", INT64_MAX, &reader->recording->hits))
		return -EPROTO;
	return get_uint(reader, line, "unreadable", INT64_MAX, &reader->recording->unreadable);
}

static void field_store(const struct field *field, struct mt_event *event, uint64_t value)
{
	void *at = (char *)event + field->offset;
	uint16_t small = (uint16_t)value;
	uint32_t middle = (uint32_t)value;

	if (field->size == sizeof(small))
		memcpy(at, &small, sizeof(small));
	else if (field->size == sizeof(middle))
		memcpy(at, &middle, sizeof(middle));
	else
		memcpy(at, &value, sizeof(value));
}

static uint64_t field_max(const struct field *field)
{
	if (field->size == sizeof(uint16_t))
		return UINT16_MAX;
	return field->size == sizeof(uint32_t) ? UINT32_MAX : (uint64_t)CLOCK_NS_MAX;
}

static int field_read_text(struct reader *reader, struct json_object *line,
			   const struct field *field, struct mt_event *event)
{
	char *at = (char *)event + field->offset, text[RECORD_LINE_MAX], *end;
	int err = get_string(reader, line, field->name, text, sizeof(text));
	size_t len = strlen(text);

	if (err)
		return err;
	switch (field->type) {
	case FIELD_UUID:
		return uuid_parse(text, (uint8_t *)at) ? bad(reader, "no UUID", field->name) : 0;
	case FIELD_ADDRESS:
		return inet_pton(AF_INET6, text, at) == 1
			       ? 0
			       : bad(reader, "no IPv6 address", field->name);
	case FIELD_HASH:
		field_store(field, event, strtoull(text, &end, 16));
		return len != 16 || *end ? bad(reader, "no hash", field->name) : 0;
	case FIELD_COMMAND:
		field_store(field, event, qmp_command_number(text));
		return 0;
	case FIELD_TEXT:
		event->text_len = (uint16_t)(len < field->size ? len : field->size);
		memcpy(at, text, event->text_len);
		return 0;
	default:
		memcpy(at, text, len < field->size ? len : field->size - 1u);
		return 0;
	}
}

static int field_read(struct reader *reader, struct json_object *line, const struct field *field,
		      struct mt_event *event)
{
	struct json_object *json;
	uint64_t value;
	int err;

	if (!json_object_object_get_ex(line, field->name, &json)) {
		if (field->type == FIELD_CHECK)
			return 0; /* a recorder that could not check it: not checked, as null says
				   */
		return bad(reader, "not there", field->name);
	}
	switch (field->type) {
	case FIELD_STAMP:
		if (!json)
			return 0;
		break;
	case FIELD_CHECK:
		if (!json)
			return 0;
		if (!json_object_is_type(json, json_type_boolean))
			return bad(reader, "not true, false or null", field->name);
		event->uuid_check = json_object_get_boolean(json) ? MT_AGREES : MT_DISAGREES;
		return 0;
	case FIELD_BOOL:
		if (!json_object_is_type(json, json_type_boolean))
			return bad(reader, "not true or false", field->name);
		field_store(field, event, json_object_get_boolean(json));
		return 0;
	case FIELD_INT:
		if (!json_object_is_type(json, json_type_int))
			return bad(reader, "no number", field->name);
		field_store(field, event, (uint64_t)(int64_t)json_object_get_int(json));
		return 0;
	case FIELD_UINT:
		break;
	default:
		return field_read_text(reader, line, field, event);
	}
	err = get_uint(reader, line, field->name, field_max(field), &value);
	if (!err)
		field_store(field, event, value);
	return err;
}

static int read_event(struct reader *reader, struct json_object *line)
{
	struct recording *recording = reader->recording;
	struct mt_event event = {0};
	const struct field *fields;
	char name[32], edge[8];
	size_t count;
	int err = get_string(reader, line, "event", name, sizeof(name));

	if (err || (err = get_string(reader, line, "edge", edge, sizeof(edge))))
		return err;
	event.kind = (uint16_t)event_kind_of(name);
	event.edge = !strcmp(edge, event_edge_name(MT_RETURN)) ? MT_RETURN : MT_ENTER;
	if (event.kind == MT_NONE) /* of a newer recorder: what is known stays right without it */
		return 0;
	fields = event_fields(&count);
	for (size_t i = 0; i < count; i++)
		if (field_applies(&fields[i], &event) &&
		    (err = field_read(reader, line, &fields[i], &event)))
			return err;
	if (recording->event_count == RECORD_EVENTS_MAX)
		return bad(reader, "too many events", "event");
	err = grow((void **)&recording->events, recording->event_count, &reader->event_room,
		   sizeof(event));
	if (!err)
		recording->events[recording->event_count++] = event;
	return err;
}

static const struct {
	const char *kind;
	int (*read)(struct reader *reader, struct json_object *line);
} record_kinds[] = {
	{"header", read_header}, {"daemon", read_daemon}, {"clock", read_snapshot},
	{"event", read_event},	 {"end", read_end},	  {"exchange", read_exchange},
	{"target", read_target},
};

static int read_object(struct reader *reader, struct json_object *line)
{
	char kind[16];

	if (!json_object_is_type(line, json_type_object))
		return bad(reader, "no JSON object", "line");
	if (get_string(reader, line, "kind", kind, sizeof(kind)))
		return -EPROTO;
	if ((reader->line == 1) != !strcmp(kind, "header"))
		return bad(reader, "must be the first line's, and no other's", "header");
	if (reader->recording->ended)
		return bad(reader, "must be the last line's", "end");
	for (size_t i = 0; i < sizeof(record_kinds) / sizeof(record_kinds[0]); i++)
		if (!strcmp(kind, record_kinds[i].kind))
			return record_kinds[i].read(reader, line);
	return 0; /* of a newer recorder */
}

static int read_line(struct reader *reader, struct json_tokener *tokener, const char *text,
		     size_t len)
{
	struct json_object *line;
	int err;

	json_tokener_reset(tokener);
	line = json_tokener_parse_ex(tokener, text, (int)len);
	if (json_tokener_get_error(tokener) != json_tokener_success)
		err = bad(reader, "no JSON", "line");
	else
		err = read_object(reader, line);
	json_object_put(line);
	return err;
}

static int events_compare(const void *a, const void *b)
{
	const struct mt_event *x = a, *y = b;

	return x->ktime_ns < y->ktime_ns ? -1 : x->ktime_ns > y->ktime_ns;
}

static int read_lines(FILE *file, struct reader *reader, struct json_tokener *tokener)
{
	char text[RECORD_LINE_MAX];
	int err = 0;

	while (!err && fgets(text, sizeof(text), file)) {
		size_t len = strlen(text);

		reader->line++;
		if (len && text[len - 1] == '\n') {
			err = read_line(reader, tokener, text, len - 1);
		} else if (!feof(file)) {
			err = bad(reader, "too long or binary", "line");
		} else if (reader->line == 1) {
			err = bad(reader, "no whole line", "file");
		} else {
			fprintf(stderr, "migtrace: %s: cut in line %zu, read up to there\n",
				reader->recording->name, reader->line);
		}
	}
	if (!err && ferror(file))
		return -errno;
	return err;
}

int recording_read(FILE *file, const char *name, struct recording *recording)
{
	struct reader reader = {.recording = recording};
	struct json_tokener *tokener = json_tokener_new_ex(JSON_DEPTH);
	int err = -ENOMEM;

	memset(recording, 0, sizeof(*recording));
	recording->name = name;
	if (tokener) {
		json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
		err = read_lines(file, &reader, tokener);
		json_tokener_free(tokener);
	}
	if (!err && !reader.line)
		err = bad(&reader, "is empty", "file");
	if (err == -EPROTO)
		fprintf(stderr, "migtrace: %s: no migtrace recording: line %zu: %s: %s\n", name,
			reader.line, reader.field, reader.why);
	else if (err)
		fprintf(stderr, "migtrace: %s: %s\n", name, strerror(-err));
	else if (recording->event_count) /* events of two CPUs may be a little out of order */
		qsort(recording->events, recording->event_count, sizeof(struct mt_event),
		      events_compare);
	return err;
}

void recording_free(struct recording *recording)
{
	free(recording->events);
	free(recording->snapshots);
	free(recording->exchanges);
	free(recording->daemons);
	free(recording->missing);
	free(recording->gaps);
	memset(recording, 0, sizeof(*recording));
}
