/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What doctor has looked at, as JSON. */
#include <string.h>

#include "base/json.h"
#include "base/json_line.h"
#include "base/text.h"
#include "cmd/checkup.h"
#include "probe/host/identity.h"
#include "sandbox/privileges.h"

#define DOCTOR_SCHEMA "migtrace.doctor/1"

static void add_string(struct json_object *object, const char *key, const char *value)
{
	json_object_object_add(object, key,
			       value && *value ? text_json(value, strlen(value)) : NULL);
}

static struct json_object *features_json(const struct checkup *checkup)
{
	struct json_object *object = json_object_new_object();

	for (size_t i = 0; i < KERNEL_FEATURES; i++) {
		const struct kernel_feature *feature = &checkup->features[i];

		json_object_object_add(
			object, feature->name,
			feature->is_known ? json_object_new_boolean(feature->is_there) : NULL);
	}
	return object;
}

static struct json_object *reasons_json(const struct checkup *checkup)
{
	struct json_object *object = json_object_new_object();

	for (size_t i = 0; i < KERNEL_FEATURES; i++)
		if (checkup->features[i].why[0])
			add_string(object, checkup->features[i].name, checkup->features[i].why);
	return object;
}

/* Where the finding's first point is; NULL: it has none. */
static struct json_object *offset_json(const struct points *points, size_t finding)
{
	for (size_t i = 0; i < points->count; i++)
		if (points->point[i].finding == finding)
			return json_object_new_int64((int64_t)points->point[i].offset);
	return NULL;
}

static struct json_object *findings_json(const struct points *points)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < points->finding_count; i++) {
		const struct row_found *finding = &points->finding[i];
		struct json_object *one = json_object_new_object();

		add_string(one, "name", finding->name);
		add_string(one, "how", finding->how);
		json_object_object_add(one, "offset", offset_json(points, i));
		add_string(one, "why_not", finding->why);
		json_object_object_add(one, "behind_endbr64",
				       json_object_new_boolean(finding->is_behind_endbr64));
		json_object_object_add(one, "returns",
				       json_object_new_boolean(finding->probe->has_return));
		add_string(one, "lost_without", finding->probe->lost_without);
		json_object_object_add(one, "vital",
				       json_object_new_boolean(finding->probe->is_vital));
		json_object_array_add(array, one);
	}
	return array;
}

static struct json_object *targets_json(const struct checkup *checkup)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; checkup->daemons && i < checkup->daemons->file_count; i++) {
		const struct target *target = checkup->targets[i];
		struct json_object *one;

		if (!checkup_has(checkup, i))
			continue;
		one = json_object_new_object();
		add_string(one, "file", checkup->daemons->files[i].name);
		add_string(one, "version", target ? target->version : NULL);
		add_string(one, "build_id", target ? target->build_id : NULL);
		json_object_object_add(one, "foreign",
				       target ? json_object_new_boolean(target->is_foreign) : NULL);
		json_object_object_add(one, "look_ns",
				       target ? json_object_new_int64(target->look_ns) : NULL);
		if (target && target->points.file == PROBE_DRIVER)
			json_object_object_add(one, "def_offset",
					       json_object_new_int(target->def_offset));
		json_object_object_add(one, "probes",
				       target ? findings_json(&target->points) : NULL);
		json_object_array_add(array, one);
	}
	return array;
}

static struct json_object *daemons_json(const struct daemons *daemons)
{
	struct json_object *array = json_object_new_array();
	struct host_names *names = host_names_new();

	for (size_t i = 0; daemons && i < daemons->pid_count; i++) {
		struct daemon daemon = daemon_identify(names, daemons->pids[i]);
		struct json_object *one = json_object_new_object();

		json_object_object_add(one, "pid", json_object_new_int64(daemon.pid));
		add_string(one, "host", daemon.host);
		add_string(one, "hostuuid", daemon.hostuuid);
		json_object_array_add(array, one);
	}
	host_names_free(names);
	return array;
}

/* The capabilities are in one text, with blanks between them. */
static struct json_object *lacks_json(const char *lacks)
{
	struct json_object *array = json_object_new_array();

	while (*lacks) {
		size_t len = strcspn(lacks, " ");

		json_object_array_add(array, json_object_new_string_len(lacks, (int)len));
		lacks += len + (lacks[len] == ' ');
	}
	return array;
}

static void add_number(struct json_object *object, const char *key, int64_t number)
{
	json_object_object_add(object, key, json_object_new_int64(number));
}

static struct json_object *service_json(const struct service *service)
{
	struct json_object *object = json_object_new_object();
	const struct store_sum *sum = &service->sum;

	json_object_object_add(object, "installed", json_object_new_boolean(service->has_unit));
	json_object_object_add(object, "missing_capabilities", lacks_json(service->lacks));
	add_string(object, "store", service->store);
	add_string(object, "error", service->store_err ? strerror(-service->store_err) : NULL);
	json_object_object_add(object, "recording", json_object_new_boolean(sum->is_kept));
	add_number(object, "halves", (int64_t)sum->halves);
	add_number(object, "damaged", (int64_t)sum->damaged);
	add_number(object, "bytes", sum->bytes);
	add_number(object, "bytes_max", service->limits.bytes);
	add_number(object, "age_max_ms", service->limits.age_ms);
	json_object_object_add(object, "oldest_real_ns",
			       sum->halves ? json_object_new_int64(sum->oldest_ns) : NULL);
	return object;
}

static struct json_object *hints_json(const struct checkup *checkup)
{
	struct json_object *array = json_object_new_array();
	struct hint hint;

	for (size_t i = 0; checkup_hint(checkup, i, &hint); i++) {
		struct json_object *one = json_object_new_object();

		add_string(one, "what", hint.what);
		add_string(one, "command", hint.command);
		json_object_array_add(array, one);
	}
	return array;
}

void checkup_print_json(const struct checkup *checkup)
{
	struct json_object *object = json_object_new_object(), *missing = json_object_new_array();
	const char *one;

	for (size_t i = 0; (one = privileges_missing(i, checkup->by_perf_events)); i++)
		json_object_array_add(missing, json_object_new_string(one));
	add_string(object, "schema", DOCTOR_SCHEMA);
	add_string(object, "kernel", checkup->kernel);
	json_object_object_add(object, "features", features_json(checkup));
	json_object_object_add(object, "why_not", reasons_json(checkup));
	json_object_object_add(object, "missing_privileges", missing);
	json_object_object_add(object, "daemons", daemons_json(checkup->daemons));
	json_object_object_add(object, "targets", targets_json(checkup));
	json_object_object_add(object, "resolve_ns", json_object_new_int64(checkup->resolve_ns));
	json_object_object_add(object, "service", service_json(&checkup->service));
	json_object_object_add(object, "to_do", hints_json(checkup));
	json_object_object_add(object, "can_measure_downtime",
			       json_object_new_boolean(checkup_suffices(checkup)));
	json_line_write(stdout, object);
}
