/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long the network lost the guest, and frames that missed it, as JSON. */
#include "report/object.h"

#include "core/event/ethernet.h"

struct json_object *counted_json(const struct counted *counted)
{
	struct json_object *object;

	if (counted->known)
		return json_object_new_uint64(counted->count);
	object = json_object_new_object();
	add_string(object, "unknown", counted->why_unknown);
	return object;
}

static struct json_object *interface_json(const struct interface *interface)
{
	struct json_object *object = json_object_new_object(), *frames = json_object_new_object();
	char address[ETHERNET_TEXT];

	ethernet_format(interface->address, address);
	add_string(object, "interface", address);
	json_object_object_add(object, "in", quantity_json(&interface->in.time));
	json_object_object_add(object, "out", quantity_json(&interface->out.time));
	json_object_object_add(frames, "early", counted_json(&interface->early));
	json_object_object_add(frames, "late", counted_json(&interface->late));
	json_object_object_add(object, "misrouted", frames);
	return object;
}

struct json_object *network_json(const struct network *network)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < network->count; i++)
		json_object_array_add(array, interface_json(&network->interface[i]));
	return array;
}
