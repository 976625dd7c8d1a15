/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What threads did in a part of the standstill, as JSON. */
#include "core/standstill/held.h"
#include "report/object.h"

static struct json_object *slept_json(const struct work *work)
{
	struct json_object *array;

	if (!work->on_cpu.known)
		return quantity_json(&work->on_cpu);
	array = json_object_new_array();
	for (size_t i = 0; i < work->slept_count; i++) {
		struct json_object *one = json_object_new_object();

		add_string(one, "in", work->slept[i].in);
		add_string(one, "thread", work->slept[i].thread[0] ? work->slept[i].thread : NULL);
		json_object_object_add(one, "duration", quantity_json(&work->slept[i].duration));
		json_object_array_add(array, one);
	}
	return array;
}

static struct json_object *held_json(const struct work *work)
{
	struct json_object *array;

	if (!work->on_cpu.known)
		return quantity_json(&work->on_cpu);
	array = json_object_new_array();
	for (size_t i = 0; i < work->held_count; i++) {
		struct json_object *one = json_object_new_object();
		char name[HELD_TEXT];

		held_name(&work->held[i], name);
		add_string(one, "by", name);
		json_object_object_add(one, "duration", quantity_json(&work->held[i].duration));
		json_object_array_add(array, one);
	}
	return array;
}

void work_add(struct json_object *object, const struct work *work)
{
	if (!work->is_recorded)
		return;
	json_object_object_add(object, "on_cpu", quantity_json(&work->on_cpu));
	json_object_object_add(object, "runnable", quantity_json(&work->runnable));
	json_object_object_add(object, "throttled", quantity_json(&work->throttled));
	json_object_object_add(object, "slept", slept_json(work));
	json_object_object_add(object, "held", held_json(work));
	add_string(object, "starved", work->starved[0] ? work->starved : NULL);
	if (work->is_loaders)
		add_string(object, "threads_on", "destination");
}
