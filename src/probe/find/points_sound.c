/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether points can be what was found in a file: of a process that looked into it, and may have
 * been taken over. */
#include <string.h>

#include "probe/find/points.h"

static bool is_text(const char *text, size_t size)
{
	return memchr(text, '\0', size) != NULL;
}

/* A row is known by its address, and a name is one of its: neither is looked at before that. */
static bool finding_is_sound(const struct row_found *finding, enum probe_file file)
{
	size_t count, row = 0, name = 0;
	const struct probe *probes = probe_catalogue(&count);

	while (row < count && finding->probe != &probes[row])
		row++;
	if (row == count || probes[row].file != file)
		return false;
	while (name < PROBE_NAMES && finding->name != probes[row].names[name].name)
		name++;
	return name < PROBE_NAMES && finding->name && is_text(finding->how, sizeof(finding->how)) &&
	       is_text(finding->why, sizeof(finding->why));
}

static bool may_return(const struct probe *probe)
{
	bool may = probe->has_return;

	for (size_t i = 0; i < PROBE_NAMES; i++)
		may |= probe->names[i].is_return;
	return may;
}

static bool point_is_sound(const struct points *points, const struct point *point, uint64_t size)
{
	const struct probe *probe;

	if (point->finding >= points->finding_count || point->offset >= size ||
	    point->semaphore >= size)
		return false;
	probe = points->finding[point->finding].probe;
	return point->site.kind == probe->kind &&
	       (point->site.edge == MT_ENTER ||
		(point->site.edge == MT_RETURN && may_return(probe)));
}

bool points_are_sound(const struct points *points, enum probe_file file, uint64_t size)
{
	if (points->file != file || points->count > POINTS_MAX ||
	    points->finding_count > ROWS_FOUND_MAX)
		return false;
	for (size_t i = 0; i < points->finding_count; i++)
		if (!finding_is_sound(&points->finding[i], file))
			return false;
	for (size_t i = 0; i < points->count; i++)
		if (!point_is_sound(points, &points->point[i], size))
			return false;
	return true;
}
