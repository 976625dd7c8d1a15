/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each kind of a recording's lines says, checked and put into the recording. */
#include "record/take.h"

#include <errno.h>
#include <string.h>
#include <uuid/uuid.h>

#include "core/clock/clock.h"
#include "core/recording/store.h"

#define REAL_NS_MAX   UINT64_C(4000000000000000000) /* year 2096 */
#define MISSING_MAX   1000
#define JOB_STATS_MAX 100000

static int read_header(struct reader *reader, struct json_object *line)
{
	struct json_object *asks;
	char schema[32], clock[32] = "";

	if (get_string(&reader->fault, line, "schema", schema, sizeof(schema)))
		return -EPROTO;
	if (strcmp(schema, RECORD_SCHEMA))
		return fault_set(&reader->fault, "not " RECORD_SCHEMA, "schema");
	if (json_object_object_get_ex(line, "id", NULL) &&
	    get_string(&reader->fault, line, "id", reader->recording->id, UUID_TEXT))
		return -EPROTO;
	if (json_object_object_get_ex(line, "boot_id", NULL) &&
	    get_string(&reader->fault, line, "boot_id", reader->recording->boot_id, UUID_TEXT))
		return -EPROTO;
	if (json_object_object_get_ex(line, "clock", NULL) &&
	    get_string(&reader->fault, line, "clock", clock, sizeof(clock)))
		return -EPROTO;
	reader->recording->is_kernel_clock = !strcmp(clock, RECORD_CLOCK_NAME);
	if (json_object_object_get_ex(line, "asks_libvirt", &asks))
		reader->recording->asks_libvirt = json_object_get_boolean(asks);
	if (get_string(&reader->fault, line, "host", reader->recording->host, HOST_NAME))
		return -EPROTO;
	reader->has_header = true;
	return 0;
}

static int read_exchange(struct reader *reader, struct json_object *line)
{
	struct exchange exchange;
	int err = get_string(&reader->fault, line, "peer", exchange.peer, UUID_TEXT);

	if (err || (err = get_stamp(&reader->fault, line, "t1_ns", &exchange.t1_ns)) ||
	    (err = get_stamp(&reader->fault, line, "t2_ns", &exchange.t2_ns)) ||
	    (err = get_stamp(&reader->fault, line, "t3_ns", &exchange.t3_ns)) ||
	    (err = get_stamp(&reader->fault, line, "t4_ns", &exchange.t4_ns)))
		return err;
	if (exchange.t4_ns < exchange.t1_ns || exchange.t3_ns < exchange.t2_ns)
		return fault_set(&reader->fault, "goes backwards", "exchange");
	return recording_add_exchange(reader_recording(reader), &exchange);
}

static int read_gone(struct reader *reader, struct json_object *line)
{
	uint64_t pid;
	int64_t ns;
	int err = get_uint(&reader->fault, line, "pid", UINT32_MAX, &pid);

	if (err || (err = get_stamp(&reader->fault, line, "ktime_ns", &ns)))
		return err;
	reader->gone = (uint32_t)pid;
	recording_daemon_gone(reader_recording(reader), (uint32_t)pid, ns);
	return 0;
}

static int read_daemon(struct reader *reader, struct json_object *line)
{
	struct daemon daemon = {0};
	uint64_t pid;
	int err = get_uint(&reader->fault, line, "pid", UINT32_MAX, &pid);

	if (err || (err = get_string(&reader->fault, line, "host", daemon.host, HOST_NAME)) ||
	    (err = get_string(&reader->fault, line, "hostuuid", daemon.hostuuid, UUID_TEXT)))
		return err;
	daemon.pid = (uint32_t)pid;
	return recording_add_daemon(reader_recording(reader), &daemon);
}

static int read_missing(struct reader *reader, struct json_object *probe)
{
	struct missing missing = {0};
	int err;

	if (!json_object_is_type(probe, json_type_object))
		return fault_set(&reader->fault, "not an object", "missing");
	err = get_string(&reader->fault, probe, "name", missing.name, sizeof(missing.name));
	if (err || recording_misses(reader_recording(reader), missing.name))
		return err;
	if (reader_recording(reader)->missing_count == MISSING_MAX)
		return fault_set(&reader->fault, "too many", "missing");
	return recording_add_missing(reader_recording(reader), &missing);
}

static int read_target(struct reader *reader, struct json_object *line)
{
	struct json_object *missing;
	int err = 0;

	if (!json_object_object_get_ex(line, "missing", &missing) ||
	    !json_object_is_type(missing, json_type_array))
		return fault_set(&reader->fault, "not a list", "missing");
	for (size_t i = 0; !err && i < json_object_array_length(missing); i++)
		err = read_missing(reader, json_object_array_get_idx(missing, i));
	return err;
}

static int read_snapshot(struct reader *reader, struct json_object *line)
{
	struct recording *recording = reader_recording(reader);
	size_t count = recording->snapshot_count;
	struct clock_snapshot snapshot, *last;
	uint64_t real_ns;
	int err = get_stamp(&reader->fault, line, "mono_before_ns", &snapshot.mono_before_ns);

	if (err || (err = get_stamp(&reader->fault, line, "raw_ns", &snapshot.raw_ns)) ||
	    (err = get_uint(&reader->fault, line, "real_ns", REAL_NS_MAX, &real_ns)) ||
	    (err = get_stamp(&reader->fault, line, "mono_after_ns", &snapshot.mono_after_ns)) ||
	    (err = get_uint(&reader->fault, line, "lost", INT64_MAX, &snapshot.lost)))
		return err;
	snapshot.lost += recording->lost_before;
	snapshot.real_ns = (int64_t)real_ns;
	last = count ? &recording->snapshots[count - 1] : NULL;
	if (snapshot.mono_after_ns < snapshot.mono_before_ns ||
	    (last && (snapshot.mono_before_ns < last->mono_after_ns ||
		      snapshot.raw_ns < last->raw_ns || snapshot.lost < last->lost)))
		return fault_set(&reader->fault, "goes backwards", "clock");
	reader->real_ns = snapshot.real_ns;
	if (reader->gap_why)
		recording_end_gap(recording, reader->gap_why, snapshot.mono_after_ns);
	reader->gap_why = NULL;
	return recording_add_snapshot(recording, &snapshot);
}

static int read_end(struct reader *reader, struct json_object *line)
{
	struct recording *recording = reader_recording(reader);
	uint64_t hits, unreadable;

	if (get_uint(&reader->fault, line, "hits", COUNT_MAX, &hits) ||
	    get_uint(&reader->fault, line, "unreadable", COUNT_MAX, &unreadable))
		return -EPROTO;
	reader->has_ended = true;
	recording->unended--;
	recording->hits += hits;
	recording->unreadable += unreadable;
	return 0;
}

/* A number that is no duration is not libvirt's answer, but that of which it is one stays. */
static void read_job_field(struct reader *reader, const char *name, struct json_object *value,
			   struct reported *reported)
{
	uint64_t number = UINT64_MAX;

	if (!json_object_is_type(value, json_type_int)) /* text, such as of an error */
		return;
	if (json_object_get_int64(value) >= 0)
		number = json_object_get_uint64(value);
	if (reported_take(reported, name, number))
		return;
	fault_set(&reader->fault, "out of range", name);
	reader_warn(reader);
}

static int read_job_fields(struct reader *reader, struct json_object *line,
			   struct reported *reported)
{
	struct json_object *fields;
	uint64_t type;
	int err = get_uint(&reader->fault, line, "type", INT32_MAX, &type);

	if (err ||
	    (err = get_uint(&reader->fault, line, "libvirt", UINT32_MAX, &reported->version)))
		return err;
	if (!json_object_object_get_ex(line, "fields", &fields) ||
	    !json_object_is_type(fields, json_type_object))
		return fault_set(&reader->fault, "not an object", "fields");
	json_object_object_foreach(fields, name, value)
	{
		read_job_field(reader, name, value, reported);
	}
	reported->type = (int64_t)type;
	reported->is_given = true;
	return 0;
}

/* Recorders before the events did not say it. */
static int read_job_from(struct reader *reader, struct json_object *line, bool *is_event)
{
	char from[8] = "asked";
	int err = 0;

	if (json_object_object_get_ex(line, "from", NULL))
		err = get_string(&reader->fault, line, "from", from, sizeof(from));
	*is_event = !strcmp(from, "event");
	return err || *is_event || !strcmp(from, "asked")
		       ? err
		       : fault_set(&reader->fault, "unknown", "from");
}

static int read_job_stats(struct reader *reader, struct json_object *line)
{
	struct job_stats job = {0};
	char uuid[UUID_TEXT];
	uint64_t pid;
	int err = get_uint(&reader->fault, line, "pid", UINT32_MAX, &pid);

	if (err || (err = get_stamp(&reader->fault, line, "end_ktime_ns", &job.end_ns)) ||
	    (err = get_string(&reader->fault, line, "uuid", uuid, sizeof(uuid))))
		return err;
	if (uuid_parse(uuid, job.uuid))
		return fault_set(&reader->fault, "invalid UUID", "uuid");
	if ((err = read_job_from(reader, line, &job.is_event)))
		return err;
	if (reader_recording(reader)->job_stats_count == JOB_STATS_MAX)
		return fault_set(&reader->fault, "too many", "stats");
	job.pid = (uint32_t)pid;
	if (json_object_object_get_ex(line, "error", NULL))
		err = get_string(&reader->fault, line, "error", job.error, sizeof(job.error));
	else
		err = read_job_fields(reader, line, &job.reported);
	return err ? err : recording_add_job_stats(reader_recording(reader), &job);
}

/* A number that no clock or counter shows was cut down: of that domain nothing around
 * it is sure. */
static int clamp_mark(struct reader *reader)
{
	static const char why[] = "a number in the recording is out of range";
	const struct mt_event *event = &reader->event;
	struct gap gap = {.from_ns = (int64_t)event->ktime_ns - 1,
			  .to_ns = (int64_t)event->ktime_ns + 1,
			  .is_of_one = true,
			  .why = why};

	memcpy(gap.uuid, event->uuid, MT_UUID);
	return recording_add_gap(reader_recording(reader), &gap);
}

/* Whoever ended is gone since, also where the line is lost that it is, or who it was. */
static int exit_mark(struct reader *reader)
{
	struct recording *recording = reader_recording(reader);
	struct daemon daemon = {.pid = reader->event.tgid};
	int64_t ns = (int64_t)reader->event.ktime_ns;
	int err = 0;

	if (!recording_daemon(recording, daemon.pid, ns))
		err = recording_add_daemon(recording, &daemon);
	recording_daemon_gone(recording, daemon.pid, ns);
	return err;
}

static int read_event(struct reader *reader, struct json_object *line)
{
	bool is_clamped = false;
	int err = get_event(&reader->fault, line, &reader->event, &is_clamped);

	if (err || reader->event.kind == MT_NONE)
		return err;
	reader->is_event = true;
	if (reader->event.kind == MT_EXIT && (err = exit_mark(reader)))
		return err;
	if (is_clamped && (err = clamp_mark(reader)))
		return err;
	return recording_add_event(reader_recording(reader), &reader->event);
}

static int (*const takers[RECORD_KINDS])(struct reader *reader, struct json_object *line) = {
	[RECORD_HEADER] = read_header,	   [RECORD_TARGET] = read_target,
	[RECORD_DAEMON] = read_daemon,	   [RECORD_CLOCK] = read_snapshot,
	[RECORD_EVENT] = read_event,	   [RECORD_STATS] = read_job_stats,
	[RECORD_EXCHANGE] = read_exchange, [RECORD_GONE] = read_gone,
	[RECORD_END] = read_end,
};

int line_take(struct reader *reader, struct json_object *line, enum record_kind kind)
{
	return kind < RECORD_KINDS ? takers[kind](reader, line) : 0;
}
