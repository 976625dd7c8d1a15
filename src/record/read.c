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
#include "core/qmp.h"
#include "core/steps.h"
#include "core/store.h"
#include "record/kinds.h"

#define JSON_DEPTH    4
#define REAL_NS_MAX   UINT64_C(4000000000000000000) /* year 2096 */
#define COUNT_MAX     (UINT64_C(1) << 53)	    /* of which some can be added up */
#define MISSING_MAX   1000
#define JOB_STATS_MAX 100000

/* Where reading stands; why says what is wrong with the line. */
struct reader {
	struct recording *recording;
	struct json_tokener *tokener;
	size_t line;
	bool has_ended;
	bool is_event; /* the last line, which was */
	struct mt_event event;
	uint32_t gone;	 /* the process that the last line says has ended; 0: none */
	int64_t real_ns; /* of the last look at the clocks */
	const char *why;
	const char *field;
};

static int bad(struct reader *reader, const char *why, const char *field)
{
	reader->why = why;
	reader->field = field;
	return -EPROTO;
}

/* Where the recording's contents are by now. */
static struct recording *contents(const struct reader *reader)
{
	struct recording *recording = reader->recording;

	while (recording->joined)
		recording = recording->joined;
	return recording;
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
	struct json_object *asks;
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
	if (json_object_object_get_ex(line, "asks_libvirt", &asks))
		reader->recording->asks_libvirt = json_object_get_boolean(asks);
	return get_string(reader, line, "host", reader->recording->host, HOST_NAME);
}

static int read_exchange(struct reader *reader, struct json_object *line)
{
	struct exchange exchange;
	int err = get_string(reader, line, "peer", exchange.peer, UUID_TEXT);

	if (err || (err = get_stamp(reader, line, "t1_ns", &exchange.t1_ns)) ||
	    (err = get_stamp(reader, line, "t2_ns", &exchange.t2_ns)) ||
	    (err = get_stamp(reader, line, "t3_ns", &exchange.t3_ns)) ||
	    (err = get_stamp(reader, line, "t4_ns", &exchange.t4_ns)))
		return err;
	if (exchange.t4_ns < exchange.t1_ns || exchange.t3_ns < exchange.t2_ns)
		return bad(reader, "goes backwards", "exchange");
	return recording_add_exchange(contents(reader), &exchange);
}

static int read_gone(struct reader *reader, struct json_object *line)
{
	uint64_t pid;
	int64_t ns;
	int err = get_uint(reader, line, "pid", UINT32_MAX, &pid);

	if (err || (err = get_stamp(reader, line, "ktime_ns", &ns)))
		return err;
	reader->gone = (uint32_t)pid;
	recording_daemon_gone(contents(reader), (uint32_t)pid, ns);
	return 0;
}

static int read_daemon(struct reader *reader, struct json_object *line)
{
	struct daemon daemon = {0};
	uint64_t pid;
	int err = get_uint(reader, line, "pid", UINT32_MAX, &pid);

	if (err || (err = get_string(reader, line, "host", daemon.host, HOST_NAME)) ||
	    (err = get_string(reader, line, "hostuuid", daemon.hostuuid, UUID_TEXT)))
		return err;
	daemon.pid = (uint32_t)pid;
	return recording_add_daemon(contents(reader), &daemon);
}

static int read_missing(struct reader *reader, struct json_object *probe)
{
	struct missing missing = {0};
	int err;

	if (!json_object_is_type(probe, json_type_object))
		return bad(reader, "no object", "missing");
	err = get_string(reader, probe, "name", missing.name, sizeof(missing.name));
	if (err || recording_misses(contents(reader), missing.name))
		return err;
	if (contents(reader)->missing_count == MISSING_MAX)
		return bad(reader, "too many", "missing");
	return recording_add_missing(contents(reader), &missing);
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
	struct recording *recording = contents(reader);
	size_t count = recording->snapshot_count;
	struct clock_snapshot snapshot, *last;
	uint64_t real_ns;
	int err = get_stamp(reader, line, "mono_before_ns", &snapshot.mono_before_ns);

	if (err || (err = get_stamp(reader, line, "raw_ns", &snapshot.raw_ns)) ||
	    (err = get_uint(reader, line, "real_ns", REAL_NS_MAX, &real_ns)) ||
	    (err = get_stamp(reader, line, "mono_after_ns", &snapshot.mono_after_ns)) ||
	    (err = get_uint(reader, line, "lost", INT64_MAX, &snapshot.lost)))
		return err;
	snapshot.lost += recording->lost_before;
	snapshot.real_ns = (int64_t)real_ns;
	last = count ? &recording->snapshots[count - 1] : NULL;
	if (snapshot.mono_after_ns < snapshot.mono_before_ns ||
	    (last && (snapshot.mono_before_ns < last->mono_after_ns ||
		      snapshot.raw_ns < last->raw_ns || snapshot.lost < last->lost)))
		return bad(reader, "goes backwards", "clock");
	reader->real_ns = snapshot.real_ns;
	return recording_add_snapshot(recording, &snapshot);
}

static int read_end(struct reader *reader, struct json_object *line)
{
	struct recording *recording = contents(reader);
	uint64_t hits, unreadable;

	if (get_uint(reader, line, "hits", COUNT_MAX, &hits) ||
	    get_uint(reader, line, "unreadable", COUNT_MAX, &unreadable))
		return -EPROTO;
	reader->has_ended = true;
	recording->unended--;
	recording->hits += hits;
	recording->unreadable += unreadable;
	return 0;
}

static int read_job_field(struct reader *reader, const char *name, struct json_object *value,
			  struct reported *reported)
{
	if (!json_object_is_type(value, json_type_int)) /* text, such as of an error */
		return 0;
	if (json_object_get_int64(value) < 0)
		return bad(reader, "out of range", "fields");
	reported_take(reported, name, json_object_get_uint64(value));
	return 0;
}

static int read_job_fields(struct reader *reader, struct json_object *line,
			   struct reported *reported)
{
	struct json_object *fields;
	uint64_t type;
	int err = get_uint(reader, line, "type", INT32_MAX, &type);

	if (err || (err = get_uint(reader, line, "libvirt", UINT32_MAX, &reported->version)))
		return err;
	if (!json_object_object_get_ex(line, "fields", &fields) ||
	    !json_object_is_type(fields, json_type_object))
		return bad(reader, "no object", "fields");
	json_object_object_foreach(fields, name, value)
	{
		if (!err)
			err = read_job_field(reader, name, value, reported);
	}
	reported->type = (int64_t)type;
	reported->is_given = true;
	return err;
}

/* Recorders before the events did not say it. */
static int read_job_from(struct reader *reader, struct json_object *line, bool *is_event)
{
	char from[8] = "asked";
	int err = 0;

	if (json_object_object_get_ex(line, "from", NULL))
		err = get_string(reader, line, "from", from, sizeof(from));
	*is_event = !strcmp(from, "event");
	return err || *is_event || !strcmp(from, "asked") ? err : bad(reader, "unknown", "from");
}

static int read_job_stats(struct reader *reader, struct json_object *line)
{
	struct job_stats job = {0};
	char uuid[UUID_TEXT];
	uint64_t pid;
	int err = get_uint(reader, line, "pid", UINT32_MAX, &pid);

	if (err || (err = get_stamp(reader, line, "end_ktime_ns", &job.end_ns)) ||
	    (err = get_string(reader, line, "uuid", uuid, sizeof(uuid))))
		return err;
	if (uuid_parse(uuid, job.uuid))
		return bad(reader, "no UUID", "uuid");
	if ((err = read_job_from(reader, line, &job.is_event)))
		return err;
	if (contents(reader)->job_stats_count == JOB_STATS_MAX)
		return bad(reader, "too many", "stats");
	job.pid = (uint32_t)pid;
	if (json_object_object_get_ex(line, "error", NULL))
		err = get_string(reader, line, "error", job.error, sizeof(job.error));
	else
		err = read_job_fields(reader, line, &job.reported);
	return err ? err : recording_add_job_stats(contents(reader), &job);
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
	case FIELD_STEP:
		field_store(field, event, step_of(text));
		return 0;
	case FIELD_TEXT:
	case FIELD_NAME:
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

	if (!json_object_object_get_ex(line, field->name, &json))
		return field_is_optional(field) ? 0 : bad(reader, "not there", field->name);
	switch (field->type) {
	case FIELD_STAMP:
		if (!json)
			return 0;
		break;
	case FIELD_MAYBE:
		if (!json) {
			field_store(field, event, UINT64_MAX);
			return 0;
		}
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
	reader->is_event = true;
	reader->event = event;
	return recording_add_event(contents(reader), &event);
}

static int (*const readers[RECORD_KINDS])(struct reader *reader, struct json_object *line) = {
	[RECORD_HEADER] = read_header,	   [RECORD_TARGET] = read_target,
	[RECORD_DAEMON] = read_daemon,	   [RECORD_CLOCK] = read_snapshot,
	[RECORD_EVENT] = read_event,	   [RECORD_STATS] = read_job_stats,
	[RECORD_EXCHANGE] = read_exchange, [RECORD_GONE] = read_gone,
	[RECORD_END] = read_end,
};

static int read_object(struct reader *reader, struct json_object *line)
{
	char kind[16];

	if (!json_object_is_type(line, json_type_object))
		return bad(reader, "no JSON object", "line");
	if (get_string(reader, line, "kind", kind, sizeof(kind)))
		return -EPROTO;
	if ((reader->line == 1) != !strcmp(kind, record_kind_name(RECORD_HEADER)))
		return bad(reader, "must be the first line's only", "header");
	if (reader->has_ended)
		return bad(reader, "must be the last line's", "end");
	for (int i = 0; i < RECORD_KINDS; i++)
		if (!strcmp(kind, record_kind_name((enum record_kind)i)))
			return readers[i](reader, line);
	return 0; /* of a newer recorder */
}

static int complain(const struct reader *reader, int err)
{
	if (err == -EPROTO)
		fprintf(stderr, "migtrace: %s: no recording: line %zu: %s: %s\n",
			reader->recording->name, reader->line, reader->field, reader->why);
	else if (err)
		fprintf(stderr, "migtrace: %s: %s\n", reader->recording->name, strerror(-err));
	return err;
}

struct reader *reader_open(struct recording *recording)
{
	struct reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return NULL;
	reader->recording = recording;
	reader->tokener = json_tokener_new_ex(JSON_DEPTH);
	if (!reader->tokener) {
		free(reader);
		return NULL;
	}
	json_tokener_set_flags(reader->tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	recording->is_open = true;
	recording->unended = 1;
	return reader;
}

int reader_line(struct reader *reader, const char *text, size_t len)
{
	struct json_object *line;
	int err;

	reader->line++;
	reader->is_event = false;
	reader->gone = 0;
	json_tokener_reset(reader->tokener);
	line = json_tokener_parse_ex(reader->tokener, text, (int)len);
	if (json_tokener_get_error(reader->tokener) != json_tokener_success)
		err = bad(reader, "no JSON", "line");
	else
		err = read_object(reader, line);
	json_object_put(line);
	return complain(reader, err);
}

int reader_refuse(struct reader *reader)
{
	reader->line++;
	return complain(reader, bad(reader, "too long or binary", "line"));
}

int reader_end(struct reader *reader, size_t left)
{
	if (!left)
		return reader->line ? 0 : complain(reader, bad(reader, "is empty", "file"));
	reader->line++;
	if (reader->line == 1)
		return complain(reader, bad(reader, "no whole line", "file"));
	fprintf(stderr, "migtrace: %s: cut in line %zu, read up to there\n",
		reader->recording->name, reader->line);
	return 0;
}

int reader_read(struct reader *reader, FILE *file)
{
	char text[RECORD_LINE_MAX];
	size_t len;
	int err;

	if (fgets(text, sizeof(text), file)) {
		len = strlen(text);
		if (len && text[len - 1] == '\n')
			err = reader_line(reader, text, len - 1);
		else
			err = feof(file) ? reader_end(reader, len) : reader_refuse(reader);
		return err ? err : 1;
	}
	if (ferror(file))
		return complain(reader, -errno);
	return reader_end(reader, 0);
}

const struct mt_event *reader_event(const struct reader *reader)
{
	return reader->is_event ? &reader->event : NULL;
}

uint32_t reader_gone(const struct reader *reader)
{
	return reader->gone;
}

struct recording *reader_recording(const struct reader *reader)
{
	return contents(reader);
}

int64_t reader_real_ns(const struct reader *reader)
{
	return reader->real_ns;
}

bool reader_has_ended(const struct reader *reader)
{
	return reader->has_ended;
}

void reader_close(struct reader *reader)
{
	if (!reader)
		return;
	contents(reader)->is_open = false;
	reader->recording->is_open = false;
	json_tokener_free(reader->tokener);
	free(reader);
}
