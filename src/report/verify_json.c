/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Verdicts as JSON, a line for each migration (migtrace.verify/1) and one for all. */
#include "report/object.h"
#include "base/json.h"
#include "report/verify.h"

#include "base/json_line.h"
#include "report/words.h"

static int begin(FILE *out)
{
	(void)out;
	return 0;
}

static struct json_object *verdict_json(const struct verdict *verdict)
{
	struct json_object *one = json_object_new_object();

	add_string(one, "side", role_name(verdict->role));
	add_string(one, "field", reported_name(verdict->field));
	add_string(one, "definition", verdict_definition(verdict->role, verdict->field));
	json_object_object_add(one, "reported_ms",
			       verdict->is_there ? json_object_new_int64(verdict->ms) : NULL);
	json_object_object_add(one, "truth", quantity_json(&verdict->truth));
	add_string(one, "verdict", verdict_name(verdict->kind));
	json_object_object_add(one, "wrong",
			       json_object_new_boolean(verdict_is_wrong(verdict->kind)));
	add_string(one, "explanation", verdict->explanation);
	return one;
}

static struct json_object *qemu_json(const struct qemu_numbers *qemu)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < qemu->count; i++) {
		const struct qemu_number *number = &qemu->number[i];
		struct json_object *one = json_object_new_object();

		add_string(one, "field", number->name);
		add_string(one, "definition", number->definition);
		json_object_object_add(one, "reported_ms", json_object_new_uint64(number->ms));
		json_object_object_add(one, "span", quantity_json(&number->span));
		add_string(one, "verdict", verdict_name(number->kind));
		add_string(one, "explanation", number->explanation);
		json_object_array_add(array, one);
	}
	return array;
}

static const struct {
	const char *name;
	size_t offset; /* in struct libvirt_stamps */
} input_table[] = {
	{"wall_offset", offsetof(struct libvirt_stamps, offset_in_delta)},
	{"hosts_wall_offset", offsetof(struct libvirt_stamps, recorder_offset)},
	{"started_bias", offsetof(struct libvirt_stamps, start_error)},
	{"stopped_bias", offsetof(struct libvirt_stamps, stop_error)},
	{"sent_bias", offsetof(struct libvirt_stamps, sent_error)},
	{"received_bias", offsetof(struct libvirt_stamps, received_error)},
};

const char *input_name(size_t index)
{
	return index < sizeof(input_table) / sizeof(input_table[0]) ? input_table[index].name
								    : NULL;
}

static struct json_object *inputs_json(const struct libvirt_stamps *stamps)
{
	struct json_object *object = json_object_new_object();

	for (size_t i = 0; input_name(i); i++) {
		const void *at = (const char *)stamps + input_table[i].offset;
		const struct quantity *quantity = at;

		if (quantity->known)
			json_object_object_add(object, input_name(i), quantity_json(quantity));
	}
	return object;
}

static struct json_object *numbers_json(const struct numbers *numbers)
{
	const struct reported *reported = &numbers->reported;
	struct json_object *one = json_object_new_object();

	json_object_object_add(one, "version",
			       reported->version ? json_object_new_uint64(reported->version)
						 : NULL);
	json_object_object_add(one, "job_type",
			       reported->is_given ? json_object_new_int64(reported->type) : NULL);
	add_string(one, "silent", numbers->silent);
	add_string(one, "by_event", numbers->by_event);
	return one;
}

static struct json_object *libvirt_json(const struct account *account)
{
	struct json_object *object = json_object_new_object();

	for (int role = ROLE_SOURCE; role <= ROLE_DESTINATION; role++)
		json_object_object_add(object, role_name((enum role)role),
				       numbers_json(&account->side[role].numbers));
	return object;
}

static int migration_json(FILE *out, const struct account *account)
{
	const struct verdicts *verdicts = &account->verdicts;
	struct json_object *line = json_object_new_object(), *array = json_object_new_array();

	add_string(line, "schema", "migtrace.verify/1");
	add_string(line, "uuid", account->uuid);
	add_string(line, "name", account->name[0] ? account->name : NULL);
	add_string(line, "outcome", outcome_name(account->outcome));
	json_object_object_add(line, "libvirt", libvirt_json(account));
	for (size_t i = 0; i < verdicts->count; i++)
		json_object_array_add(array, verdict_json(&verdicts->verdict[i]));
	json_object_object_add(line, "verdicts", array);
	json_object_object_add(line, "qemu", qemu_json(&account->qemu));
	json_object_object_add(line, "inputs", inputs_json(&verdicts->stamps));
	return json_line_write(out, line);
}

static int end(FILE *out, const struct verify_counts *counts)
{
	struct json_object *line = json_object_new_object(), *kinds = json_object_new_object();

	add_string(line, "schema", "migtrace.verify.summary/1");
	json_object_object_add(line, "migrations",
			       json_object_new_int64((int64_t)counts->migrations));
	json_object_object_add(line, "judged", json_object_new_int64((int64_t)counts->judged));
	for (int kind = 0; kind < VERDICT_KINDS; kind++)
		json_object_object_add(kinds, verdict_name((enum verdict_kind)kind),
				       json_object_new_int64((int64_t)counts->verdicts[kind]));
	json_object_object_add(line, "verdicts", kinds);
	return json_line_write(out, line);
}

const struct verify_format verify_json = {begin, migration_json, end};
