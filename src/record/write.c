/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes records, one JSON line each: every line is out when its function returns. */
#include "record/write.h"

#include <inttypes.h>
#include <string.h>
#include <sys/utsname.h>
#include <arpa/inet.h>
#include <uuid/uuid.h>

#include "base/json.h"
#include "base/json_line.h"
#include "base/version.h"
#include "record/kinds.h"
#include "core/event/calls.h"
#include "core/event/ethernet.h"
#include "core/event/qmp.h"
#include "core/event/steps.h"
#include "base/text.h"

static struct json_object *line_new(enum record_kind kind)
{
	struct json_object *line = json_object_new_object();

	json_object_object_add(line, "kind", json_object_new_string(record_kind_name(kind)));
	return line;
}

static void line_add_string(struct json_object *line, const char *key, const char *value)
{
	json_object_object_add(line, key, value ? text_json(value, strlen(value)) : NULL);
}

static void line_add_int(struct json_object *line, const char *key, int64_t value)
{
	json_object_object_add(line, key, json_object_new_int64(value));
}

static void line_add_boot_id(struct json_object *line)
{
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
	char boot_id[UUID_TEXT] = "";

	if (file && fscanf(file, "%36s", boot_id) == 1)
		line_add_string(line, "boot_id", boot_id);
	if (file)
		fclose(file);
}

int record_write_header(FILE *out, bool asks_libvirt, bool is_kernel_clock)
{
	struct json_object *line = line_new(RECORD_HEADER);
	struct utsname uts;
	uuid_t id;
	char text[UUID_TEXT];

	uuid_generate(id);
	uuid_unparse_lower(id, text);
	line_add_string(line, "schema", RECORD_SCHEMA);
	line_add_string(line, "tool", version_text());
	line_add_string(line, "id", text);
	if (!uname(&uts)) {
		line_add_string(line, "host", uts.nodename);
		line_add_string(line, "kernel", uts.release);
	}
	line_add_boot_id(line);
	if (is_kernel_clock)
		line_add_string(line, "clock", RECORD_CLOCK_NAME);
	if (asks_libvirt)
		json_object_object_add(line, "asks_libvirt", json_object_new_boolean(true));
	return json_line_write(out, line);
}

static void missing_add(struct json_object *missing, const char *name, const char *why)
{
	struct json_object *one = json_object_new_object();

	line_add_string(one, "name", name);
	line_add_string(one, "why", why);
	json_object_array_add(missing, one);
}

static struct json_object *missing_json(const struct record_target *target)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < target->missing_count; i++) {
		const struct record_missing *missing = &target->missing[i];
		char name[128];

		snprintf(name, sizeof(name), "%s (return)", missing->name);
		missing_add(array, missing->is_return ? name : missing->name, missing->why);
	}
	return array;
}

int record_write_target(FILE *out, const struct record_target *target)
{
	struct json_object *line = line_new(RECORD_TARGET);

	line_add_string(line, "file", target->file);
	line_add_string(line, "build_id", target->build_id[0] ? target->build_id : NULL);
	line_add_int(line, "probes", (int64_t)target->probes);
	json_object_object_add(line, "missing", missing_json(target));
	return json_line_write(out, line);
}

int record_write_daemon(FILE *out, const struct daemon *daemon)
{
	struct json_object *line = line_new(RECORD_DAEMON);

	line_add_int(line, "pid", daemon->pid);
	line_add_string(line, "host", daemon->host);
	line_add_string(line, "hostuuid", daemon->hostuuid[0] ? daemon->hostuuid : NULL);
	return json_line_write(out, line);
}

int record_write_gone(FILE *out, uint32_t pid, int64_t ns)
{
	struct json_object *line = line_new(RECORD_GONE);

	line_add_int(line, "pid", pid);
	line_add_int(line, "ktime_ns", ns);
	return json_line_write(out, line);
}

int record_write_snapshot(FILE *out, const struct clock_snapshot *snapshot)
{
	struct json_object *line = line_new(RECORD_CLOCK);

	line_add_int(line, "mono_before_ns", snapshot->mono_before_ns);
	line_add_int(line, "raw_ns", snapshot->raw_ns);
	line_add_int(line, "real_ns", snapshot->real_ns);
	line_add_int(line, "mono_after_ns", snapshot->mono_after_ns);
	json_object_object_add(line, "lost", json_object_new_uint64(snapshot->lost));
	return json_line_write(out, line);
}

int record_write_end(FILE *out, const struct record_counts *counts)
{
	struct json_object *line = line_new(RECORD_END);

	json_object_object_add(line, "hits", json_object_new_uint64(counts->hits));
	json_object_object_add(line, "lost", json_object_new_uint64(counts->lost));
	json_object_object_add(line, "unreadable", json_object_new_uint64(counts->unreadable));
	return json_line_write(out, line);
}

static uint64_t field_uint(const struct field *field, const void *at)
{
	uint16_t small;
	uint32_t middle;
	uint64_t large;

	switch (field->size) {
	case sizeof(small):
		memcpy(&small, at, sizeof(small));
		return small;
	case sizeof(middle):
		memcpy(&middle, at, sizeof(middle));
		return middle;
	default:
		memcpy(&large, at, sizeof(large));
		return large;
	}
}

static struct json_object *hash_json(uint64_t hash)
{
	char hex[17];

	snprintf(hex, sizeof(hex), "%016" PRIx64, hash);
	return json_object_new_string(hex);
}

static struct json_object *address_json(const uint8_t *address)
{
	char text[INET6_ADDRSTRLEN] = "";

	inet_ntop(AF_INET6, address, text, sizeof(text));
	return json_object_new_string(text);
}

static struct json_object *ethernet_json(const uint8_t *address)
{
	char text[ETHERNET_TEXT];

	ethernet_format(address, text);
	return json_object_new_string(text);
}

static struct json_object *uuid_json(const uint8_t *uuid)
{
	char text[UUID_TEXT];

	uuid_unparse_lower(uuid, text);
	return json_object_new_string(text);
}

static struct json_object *name_json(const char *bytes, size_t len)
{
	size_t length = strnlen(bytes, len);

	return length ? text_json(bytes, length) : NULL;
}

/* What is not known has all bits set. */
static struct json_object *maybe_json(const struct field *field, uint64_t value)
{
	uint64_t unknown = field->size == sizeof(uint32_t) ? UINT32_MAX : UINT64_MAX;

	return value == unknown ? NULL : json_object_new_uint64(value);
}

static struct json_object *check_json(uint8_t check)
{
	return check == MT_UNCHECKED ? NULL : json_object_new_boolean(check == MT_AGREES);
}

static struct json_object *field_json(const struct field *field, const struct mt_event *event)
{
	const void *at = (const char *)event + field->offset;

	switch (field->type) {
	case FIELD_UUID:
		return uuid_json(at);
	case FIELD_ADDRESS:
		return address_json(at);
	case FIELD_ETHERNET:
		return ethernet_json(at);
	case FIELD_COMM:
		return text_json(at, strnlen(at, MT_COMM));
	case FIELD_TEXT:
		return text_json(at, event->text_len < MT_TEXT ? event->text_len : MT_TEXT);
	case FIELD_NAME:
		return name_json(at, event->text_len < MT_TEXT ? event->text_len : MT_TEXT);
	case FIELD_STEP:
		return json_object_new_string(step_name(field_uint(field, at)) ?: "");
	case FIELD_CALL:
		return json_object_new_string(call_name(field_uint(field, at)) ?: "");
	case FIELD_MAYBE:
		return maybe_json(field, field_uint(field, at));
	case FIELD_COMMAND:
		return json_object_new_string(qmp_command((uint16_t)field_uint(field, at)) ?: "");
	case FIELD_HASH:
		return hash_json(field_uint(field, at));
	case FIELD_BOOL:
		return json_object_new_boolean(field_uint(field, at) != 0);
	case FIELD_CHECK:
		return check_json(*(const uint8_t *)at);
	case FIELD_INT:
		return json_object_new_int((int32_t)field_uint(field, at));
	case FIELD_STAMP:
	case FIELD_TCP:
		return field_uint(field, at) ? json_object_new_uint64(field_uint(field, at)) : NULL;
	case FIELD_UINT:
	case FIELD_TIME:
	case FIELD_AMOUNT:
		break;
	}
	return json_object_new_uint64(field_uint(field, at));
}

int record_write_exchange(FILE *out, const struct exchange *exchange)
{
	struct json_object *line = line_new(RECORD_EXCHANGE);

	if (exchange->peer[0])
		line_add_string(line, "peer", exchange->peer);
	line_add_int(line, "t1_ns", exchange->t1_ns);
	line_add_int(line, "t2_ns", exchange->t2_ns);
	line_add_int(line, "t3_ns", exchange->t3_ns);
	if (exchange->peer[0])
		line_add_int(line, "t4_ns", exchange->t4_ns);
	return json_line_write(out, line);
}

int record_write_job_stats(FILE *out, const struct job_stats *job, struct json_object *answer)
{
	static const char *const taken[] = {"libvirt", "type", "fields", "error"};
	struct json_object *line = line_new(RECORD_STATS), *value;

	json_object_object_add(line, "uuid", uuid_json(job->uuid));
	line_add_int(line, "pid", job->pid);
	line_add_int(line, "end_ktime_ns", job->end_ns);
	line_add_string(line, "from", job->is_event ? "event" : "asked");
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		if (json_object_object_get_ex(answer, taken[i], &value))
			json_object_object_add(line, taken[i], json_object_get(value));
	json_object_put(answer);
	return json_line_write(out, line);
}

int record_write_event(FILE *out, const struct mt_event *event)
{
	struct json_object *line = line_new(RECORD_EVENT);
	const struct field *fields;
	size_t count;

	line_add_string(line, "event", event_kind_name(event->kind));
	line_add_string(line, "edge", event_edge_name(event->edge));
	fields = event_fields(&count);
	for (size_t i = 0; i < count; i++)
		if (field_applies(&fields[i], event))
			json_object_object_add(line, fields[i].name, field_json(&fields[i], event));
	return json_line_write(out, line);
}
