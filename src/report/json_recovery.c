/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Of a post-copy that broke: the other one, the gap and the whole, as JSON. */
#include "report/object.h"

/* null where it neither broke and was resumed, nor resumed one that had broken. */
struct json_object *recovery_json(const struct recovery *recovery)
{
	struct json_object *object;

	if (recovery->part == RECOVERY_NONE)
		return NULL;
	object = json_object_new_object();
	add_string(object, "part", recovery->part == RECOVERY_BROKE ? "broke" : "resumed");
	json_object_object_add(
		object, "other_started_real_ns",
		recovery->other_real_ns ? json_object_new_int64(recovery->other_real_ns) : NULL);
	json_object_object_add(object, "gap", quantity_json(&recovery->gap));
	add_opt(object, "missing_bytes", &recovery->missing_bytes);
	if (recovery->part == RECOVERY_RESUMED) {
		json_object_object_add(object, "elapsed", quantity_json(&recovery->elapsed));
		json_object_object_add(object, "downtime", quantity_json(&recovery->downtime));
	}
	return object;
}
