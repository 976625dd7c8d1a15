/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A timeline as JSON, for the page: many spans, so each is an array. */
#include "report/object.h"

#include <string.h>

#include "base/text.h"
#include "report/words.h"

static const char *const hosts[TIMELINE_HOSTS] = {
	[TIMELINE_SOURCE] = "source",
	[TIMELINE_DESTINATION] = "destination",
	[TIMELINE_BOTH] = "both",
};

void track_name(const struct timeline_span *span, char name[TRACK_NAME])
{
	static const char *const names[TIMELINE_TRACKS] = {
		[TIMELINE_LIBVIRT] = "libvirt",	   [TIMELINE_QEMU] = "QEMU",
		[TIMELINE_PASSES] = "RAM passes",  [TIMELINE_DEVICES] = "devices",
		[TIMELINE_FIGURES] = "figures",	   [TIMELINE_PARTS] = "standstill",
		[TIMELINE_NETWORK] = "network",	   [TIMELINE_DISK] = "disk",
		[TIMELINE_BROWNOUT] = "vCPU time", [TIMELINE_VCPU] = "vCPU",
	};

	if (span->track >= TIMELINE_NETWORK)
		snprintf(name, TRACK_NAME, "%s %d", names[span->track], span->number);
	else
		snprintf(name, TRACK_NAME, "%s", names[span->track]);
}

static void add_number(struct json_object *array, int64_t value)
{
	json_object_array_add(array, json_object_new_int64(value));
}

static void part_add(struct json_object *array, const struct part *part)
{
	struct json_object *work;

	json_object_array_add(array, json_object_new_string(place_name(part->place)));
	if (!part->work.is_recorded)
		return;
	work = json_object_new_object();
	work_add(work, &part->work);
	json_object_array_add(array, work);
}

/*
 * [name, at, error of it, and if it is a span: ns, error, error of its end, lane, depth, cut, and
 * of a part the side, and what its threads did]
 */
static struct json_object *span_json(const struct timeline_span *span)
{
	struct json_object *array = json_object_new_array();

	json_object_array_add(array, text_json(span->name, strlen(span->name)));
	add_number(array, span->at_ns);
	add_number(array, span->at_error_ns);
	if (span->is_instant)
		return array;
	add_number(array, span->ns);
	add_number(array, span->ns_error_ns);
	add_number(array, span->end_error_ns);
	add_number(array, span->lane);
	add_number(array, span->depth);
	add_number(array, (span->lacks_begin ? 1 : 0) + (span->lacks_end ? 2 : 0));
	if (span->part)
		part_add(array, span->part);
	return array;
}

static struct json_object *track_json(const struct timeline_span *spans, size_t count)
{
	struct json_object *object = json_object_new_object(), *array = json_object_new_array();
	char name[TRACK_NAME];

	track_name(spans, name);
	add_string(object, "host", hosts[spans->host]);
	add_string(object, "name", name);
	for (size_t i = 0; i < count; i++)
		json_object_array_add(array, span_json(&spans[i]));
	json_object_object_add(object, "spans", array);
	return object;
}

struct json_object *timeline_object(const struct timeline *timeline)
{
	struct json_object *object = json_object_new_object(), *array = json_object_new_array();

	json_object_object_add(object, "is_common", json_object_new_boolean(timeline->is_common));
	add_string(object, "why_not_common", timeline->why_not_common);
	json_object_object_add(object, "left_out",
			       json_object_new_int64((int64_t)timeline->left_out));
	for (size_t first = 0, end; first < timeline->count; first = end) {
		end = timeline_track_end(timeline, first);
		json_object_array_add(array, track_json(&timeline->span[first], end - first));
	}
	json_object_object_add(object, "tracks", array);
	return object;
}
