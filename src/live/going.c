/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A side of a migration that is going on, as part of a row and as JSON. */
#include "live/going.h"

#include <inttypes.h>
#include <string.h>
#include <uuid/uuid.h>

#include "base/json.h"
#include "live/row.h"
#include "base/bytes.h"
#include "base/text.h"
#include "core/passes/forecast.h"
#include "report/object.h"
#include "report/words.h"

void row_begin_going(char *row, int64_t real_ns, const struct going *going)
{
	char uuid[UUID_TEXT];

	uuid_unparse_lower(going->uuid, uuid);
	row_begin(row, real_ns, going->name, uuid);
}

void row_add_way(char *row, const struct going *going)
{
	bool is_out = going->job.role == ROLE_SOURCE;

	row_add(row, "%s", is_out ? "out" : "in");
	if (going->peer[0])
		row_add(row, " %s ", is_out ? "to" : "from");
	row_add_safe(row, going->peer, 40);
}

static void row_add_bytes(char *row, uint64_t bytes)
{
	char text[BYTES_TEXT];

	bytes_format(bytes, text);
	row_add(row, "%s", text);
}

/* What is known by then; a guest whose RAM is sent for the first time may make any of it dirty. */
static void row_add_forecast(char *row, const struct forecast *forecast, bool any)
{
	if (forecast->is_first_pass && forecast->completes)
		return;
	row_add(row, "%s", any ? ", " : "");
	if (forecast->completes)
		row_add(row, "%.1f s to go, down %" PRId64 " ms",
			(double)(forecast->end_ns - forecast->at_ns) / 1e9,
			forecast->downtime_ns / 1000000);
	else
		row_add(row, "does not converge");
}

void row_add_numbers(char *row, const struct going *going)
{
	const struct forecast *forecast = &going->forecast;
	bool any = going->pass.known;

	if (going->pass.known)
		row_add(row, "pass %" PRId64, going->pass.v);
	if (going->remaining.known) {
		row_add(row, "%s", any ? ", " : "");
		row_add_bytes(row, (uint64_t)going->remaining.v);
		row_add(row, " left");
		any = true;
	}
	if (going->kbit_per_s.known || !forecast->why_unknown) {
		row_add(row, "%s", any ? ", " : "");
		row_add_bytes(row, forecast->why_unknown ? (uint64_t)going->kbit_per_s.v * 125
							 : (uint64_t)forecast->bytes_per_s);
		row_add(row, "/s");
		any = true;
	}
	if (!forecast->why_unknown)
		row_add_forecast(row, forecast, any);
	else if (going->expected_ms.known)
		row_add(row, "%s%" PRId64 " ms expected", any ? ", " : "", going->expected_ms.v);
}

struct json_object *going_json(const struct going *going, const char *state, int64_t real_ns)
{
	struct json_object *object = json_object_new_object();
	char uuid[UUID_TEXT];

	uuid_unparse_lower(going->uuid, uuid);
	json_object_object_add(object, "schema", json_object_new_string("migtrace.progress/1"));
	json_object_object_add(object, "state", json_object_new_string(state));
	json_object_object_add(object, "real_ns", json_object_new_int64(real_ns));
	json_object_object_add(object, "uuid", json_object_new_string(uuid));
	json_object_object_add(object, "name",
			       going->name[0] ? text_json(going->name, strlen(going->name)) : NULL);
	json_object_object_add(object, "side", json_object_new_string(role_name(going->job.role)));
	json_object_object_add(object, "host", text_json(going->recording->host, HOST_NAME));
	json_object_object_add(object, "peer",
			       going->peer[0] ? text_json(going->peer, strlen(going->peer)) : NULL);
	add_opt(object, "pass", &going->pass);
	add_opt(object, "remaining_bytes", &going->remaining);
	add_opt(object, "total_bytes", &going->total);
	add_opt(object, "kbit_per_s", &going->kbit_per_s);
	add_opt(object, "expected_downtime_ms", &going->expected_ms);
	json_object_object_add(object, "forecast",
			       forecast_json(&going->forecast, (int64_t)going->first_ns));
	return object;
}
