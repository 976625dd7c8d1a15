/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The passes over a guest's RAM, and where they were leading, as JSON. */
#include "report/object.h"

static struct json_object *pass_json(const struct pass *pass, int64_t start_ns)
{
	struct json_object *object = json_object_new_object();

	add_opt(object, "number", &pass->number);
	json_object_object_add(object, "at_ns", json_object_new_int64(pass->at_ns - start_ns));
	add_opt(object, "length_ns", &pass->length_ns);
	add_opt(object, "remaining_bytes", &pass->remaining);
	add_opt(object, "ram_bytes", &pass->handled);
	add_opt(object, "sent_bytes", &pass->sent);
	add_opt(object, "dirtied_bytes", &pass->dirtied);
	add_opt(object, "throttle_percent", &pass->throttle);
	add_opt(object, "downtime_limit_ms", &pass->limit_ms);
	add_opt(object, "expected_downtime_ms", &pass->expected_ms);
	json_object_object_add(object, "guest_stopped", json_object_new_boolean(pass->is_halted));
	return object;
}

static struct json_object *remedy_json(const struct remedy *remedy)
{
	struct json_object *object = json_object_new_object();

	add_opt(object, "downtime_limit_ms", &remedy->limit_ms);
	add_opt(object, "bytes_per_s", &remedy->bytes_per_s);
	add_opt(object, "throttle_percent", &remedy->throttle);
	return object;
}

struct json_object *forecast_json(const struct forecast *forecast, int64_t start_ns)
{
	struct json_object *object = json_object_new_object();

	if (forecast->why_unknown) {
		add_string(object, "unknown", forecast->why_unknown);
		return object;
	}
	json_object_object_add(object, "made_ns",
			       json_object_new_int64(forecast->at_ns - start_ns));
	json_object_object_add(object, "completes", json_object_new_boolean(forecast->completes));
	json_object_object_add(object, "first_pass",
			       json_object_new_boolean(forecast->is_first_pass));
	json_object_object_add(object, "remaining_bytes",
			       json_object_new_int64(forecast->remaining));
	json_object_object_add(object, "ram_bytes_per_s",
			       json_object_new_int64(forecast->bytes_per_s));
	json_object_object_add(object, "dirtied_bytes_per_s",
			       json_object_new_int64(forecast->dirty_per_s));
	json_object_object_add(
		object, "elapsed_ns",
		forecast->completes ? json_object_new_int64(forecast->end_ns - start_ns) : NULL);
	json_object_object_add(object, "downtime_ns",
			       forecast->completes ? json_object_new_int64(forecast->downtime_ns)
						   : NULL);
	json_object_object_add(object, "would_help",
			       forecast->completes ? NULL : remedy_json(&forecast->remedy));
	return object;
}

void passes_add(struct json_object *object, const struct account *account)
{
	const struct passes *passes = &account->passes;
	struct json_object *array = json_object_new_array();
	int64_t start_ns = account_start_ns(account);

	for (size_t i = 0; i < passes->count; i++)
		json_object_array_add(array, pass_json(&passes->pass[i], start_ns));
	json_object_object_add(object, "passes", array);
	json_object_object_add(object, "passes_left_out", json_object_new_uint64(passes->left_out));
	json_object_object_add(object, "forecast", forecast_json(&account->forecast, start_ns));
}
