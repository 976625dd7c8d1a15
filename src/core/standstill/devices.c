/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long each device of a guest took to be saved, or loaded. */
#include "core/standstill/devices.h"

#include <assert.h>
#include <string.h>

#include "core/side/qemu.h"

static int instance_of(const struct device *devices, size_t count, const char *name)
{
	int instance = 0;

	for (size_t i = 0; i < count; i++)
		instance += !strcmp(devices[i].name, name);
	return instance;
}
static_assert(MT_DEVICE <= MT_TEXT, "a name is in the text");

static void device_begin(const struct device *devices, size_t count, const struct mt_event *event,
			 struct device *device)
{
	*device = (struct device){.at_ns = (int64_t)event->ktime_ns};
	memcpy(device->name, event->text, MT_DEVICE - 1);
	device->instance = instance_of(devices, count, device->name);
}

size_t devices_of(const struct side *side, struct device devices[DEVICES_MAX])
{
	enum mt_step step = side->role == ROLE_SOURCE ? MT_STEP_DEVICE_SAVE : MT_STEP_DEVICE_LOAD;
	struct qemu qemu = qemu_of(side);
	const struct mt_event *event = NULL;
	bool is_going_on = false;
	size_t count = 0;

	while ((event = qemu_next(&qemu, event))) {
		assert(count || !is_going_on);
		if (is_going_on)
			devices[count - 1].ns = (int64_t)event->ktime_ns - devices[count - 1].at_ns;
		is_going_on = event_is_step(event, step) && count < DEVICES_MAX;
		if (!is_going_on)
			continue;
		device_begin(devices, count, event, &devices[count]);
		count++;
	}
	assert(count <= DEVICES_MAX);
	return count;
}
