/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For how long each of the guest's disks answered no request, as JSON. */
#include "report/object.h"

static struct json_object *disk_json(const struct disk *disk)
{
	struct json_object *object = json_object_new_object();

	add_string(object, "disk", disk->name);
	add_string(object, "device", disk->device);
	json_object_object_add(object, "blackout", quantity_json(&disk->blackout));
	json_object_object_add(object, "in_flight", counted_json(&disk->in_flight));
	json_object_object_add(object, "longest", quantity_json(&disk->longest));
	json_object_object_add(object, "shortest", quantity_json(&disk->shortest));
	return object;
}

struct json_object *disks_json(const struct guest_disks *disks)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < disks->count; i++)
		json_object_array_add(array, disk_json(&disks->disk[i]));
	return array;
}
