/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the guest's vCPUs lost while it ran, by cause, as JSON. */
#include "report/object.h"

#include "core/side/qemu.h"
#include "core/side/spent.h"

static const char *const times[MT_VCPU_TIMES] = {
	[MT_VCPU_ON_CPU] = "on_cpu",	   [MT_VCPU_RUNNABLE] = "no_cpu",
	[MT_VCPU_THROTTLED] = "throttled", [MT_VCPU_HALTED] = "halted",
	[MT_VCPU_FAULT] = "page_waits",	   [MT_VCPU_IN_QEMU] = "in_qemu",
};

/* Of how many waits 2^i us is the most that is not longer. */
static struct json_object *waits_json(const struct mt_event *event)
{
	struct json_object *array = json_object_new_array();
	uint32_t count;
	size_t at = 0;

	while (spent_faults(event, &at, &count))
		json_object_array_add(array, json_object_new_uint64(count));
	return array;
}

static struct json_object *vcpu_json(const struct mt_event *event)
{
	struct json_object *object = json_object_new_object();
	int number = event_vcpu(event);

	json_object_object_add(object, "vcpu", number < 0 ? NULL : json_object_new_int(number));
	json_object_object_add(object, "watched_ns",
			       json_object_new_uint64(event->ktime_ns - event->spent.begun_ns));
	for (int i = 0; i < MT_VCPU_TIMES; i++) {
		char key[32];

		snprintf(key, sizeof(key), "%s_ns", times[i]);
		json_object_object_add(object, key,
				       json_object_new_uint64(event->spent.time_ns[i]));
	}
	json_object_object_add(object, "page_waits", waits_json(event));
	return object;
}

static struct json_object *vcpus_json(const struct side *side)
{
	struct json_object *array = json_object_new_array();
	const struct mt_event *event = NULL;

	while (side && (event = spent_next(side, event)))
		json_object_array_add(array, vcpu_json(event));
	return array;
}

static struct json_object *spent_json(const struct spent *spent, const struct side *side)
{
	struct json_object *object = json_object_new_object();
	struct quantity faults =
		quantity_unknown("the kernel says when a fault begins, not when it ends");

	if (spent->why_unknown) {
		add_string(object, "unknown", spent->why_unknown);
		return object;
	}
	json_object_object_add(object, "watched", quantity_json(&spent->watched));
	json_object_object_add(object, "lost", quantity_json(&spent->lost));
	for (int i = 0; i < MT_VCPU_TIMES; i++)
		json_object_object_add(object, times[i], quantity_json(&spent->time[i]));
	json_object_object_add(object, "quota", quantity_json(&spent->quota));
	json_object_object_add(object, "faults", quantity_json(&faults));
	json_object_object_add(object, "vcpus", vcpus_json(side));
	return object;
}

struct json_object *brownout_json(const struct account *account)
{
	const struct brownout *brownout = &account->figures.brownout;
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "before",
			       spent_json(&brownout->before, account->side[ROLE_SOURCE].side));
	json_object_object_add(object, "after",
			       spent_json(&brownout->after, account->side[ROLE_DESTINATION].side));
	return object;
}
