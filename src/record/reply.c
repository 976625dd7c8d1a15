/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The numbers in QEMU's replies to query-migrate and query-migrate-parameters. */
#include "record/reply.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/json.h"
#include "core/clock/clock.h"
#include "record/message.h"

#define DEPTH 16

/* Returns the number by that key, times factor; all bits set where there is none that can be. */
static uint64_t number_get(struct json_object *object, const char *key, double factor)
{
	struct json_object *json;
	double value;

	if (!object || !json_object_object_get_ex(object, key, &json) ||
	    !(json_object_is_type(json, json_type_int) ||
	      json_object_is_type(json, json_type_double)))
		return UINT64_MAX;
	if (json_object_is_type(json, json_type_int) && factor == 1) {
		int64_t whole = json_object_get_int64(json);

		return whole < 0 || whole > CLOCK_NS_MAX ? UINT64_MAX : (uint64_t)whole;
	}
	value = json_object_get_double(json) * factor;
	return value >= 0 && value < (double)CLOCK_NS_MAX ? (uint64_t)value : UINT64_MAX;
}

static uint32_t number_get_small(struct json_object *object, const char *key)
{
	uint64_t value = number_get(object, key, 1);

	return value < UINT32_MAX ? (uint32_t)value : UINT32_MAX;
}

static void status_get(struct json_object *object, struct mt_event *info)
{
	struct json_object *status;

	if (!json_object_object_get_ex(object, "status", &status) ||
	    !json_object_is_type(status, json_type_string))
		return;
	strncpy(info->text, json_object_get_string(status), MT_COMMAND - 1);
	info->text_len = (uint16_t)strlen(info->text);
}

/* QEMU's qapi/migration.json, MigrationInfo and MigrationParameters. */
static void numbers_get(struct json_object *object, struct mt_event *info)
{
	struct json_object *ram = NULL;

	if (json_object_object_get_ex(object, "ram", &ram) &&
	    !json_object_is_type(ram, json_type_object))
		ram = NULL;
	info->info = (struct mt_info){
		.total_time_ms = number_get(object, "total-time", 1),
		.setup_time_ms = number_get(object, "setup-time", 1),
		.expected_downtime_ms = number_get(object, "expected-downtime", 1),
		.downtime_ms = number_get(object, "downtime", 1),
		.downtime_limit_ms = number_get(object, "downtime-limit", 1),
		.transferred_bytes = number_get(ram, "transferred", 1),
		.remaining_bytes = number_get(ram, "remaining", 1),
		.total_bytes = number_get(ram, "total", 1),
		.kbit_per_s = number_get(ram, "mbps", 1000),
		.dirty_pages_per_s = number_get_small(ram, "dirty-pages-rate"),
		.passes = number_get_small(ram, "dirty-sync-count"),
	};
}

static void event_begin(const struct mt_event *reply, enum mt_kind kind, struct mt_event *info)
{
	*info = (struct mt_event){
		.ktime_ns = reply->ktime_ns,
		.tgid = reply->tgid,
		.tid = reply->tid,
		.kind = kind,
	};
	memcpy(info->uuid, reply->uuid, MT_UUID);
	memcpy(info->comm, reply->comm, MT_COMM);
}

/* QEMU's own words for why its migration failed. */
static void error_get(struct json_object *object, const struct mt_event *reply,
		      struct mt_event *error)
{
	struct json_object *text;

	*error = (struct mt_event){.kind = MT_NONE};
	if (!json_object_object_get_ex(object, "error-desc", &text) ||
	    !json_object_is_type(text, json_type_string))
		return;
	event_begin(reply, MT_ERROR, error);
	error->error.is_qemus = true;
	error->text_len = (uint16_t)message_clean(json_object_get_string(text), error->text);
}

int reply_info(const struct mt_event *reply, const char *text, struct mt_event *info,
	       struct mt_event *error)
{
	struct json_tokener *tokener = json_tokener_new_ex(DEPTH);
	struct json_object *json, *object = NULL;
	bool is_reply;

	if (!tokener)
		return -EPROTO;
	json_tokener_set_flags(tokener, JSON_TOKENER_VALIDATE_UTF8);
	json = json_tokener_parse_ex(tokener, text, (int)strnlen(text, MT_REPLY));
	is_reply = json_object_is_type(json, json_type_object) &&
		   json_object_object_get_ex(json, "return", &object) &&
		   json_object_is_type(object, json_type_object);
	if (is_reply) {
		event_begin(reply, MT_MIGRATION_INFO, info);
		error_get(object, reply, error);
		status_get(object, info);
		numbers_get(object, info);
	}
	json_object_put(json);
	json_tokener_free(tokener);
	return is_reply ? 0 : -EPROTO;
}
