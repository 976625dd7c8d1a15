/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Says in one line which probes a file is without. */
#include "recorder/unprobed.h"

#include <stdio.h>
#include <string.h>

#include "base/diag.h"

/* Columns for what is not probed: of a line, of one name, and of the first ones. */
#define COLUMNS	    (79 - (int)sizeof("migtrace: ") + 1)
#define FIRST_NAME  45
#define FIRST_NAMES 24
#define SEE_DOCTOR  "; see migtrace doctor"

/* One line each: it is there, so its loss is news. */
static void refused_warn(const struct points *points)
{
	for (size_t i = 0; i < points->finding_count; i++)
		if (points->finding[i].is_refused)
			diag("not probed: %s: %s", points->finding[i].name, points->finding[i].why);
}

/* All of a file's or none. */
static void returns_warn(const struct points *points)
{
	for (size_t i = 0; i < points->finding_count; i++) {
		if (!points->finding[i].lacks_return)
			continue;
		diag("returns are not probed: %s", POINTS_NO_RETURN);
		return;
	}
}

/* How many more there are, too; what to do where the line has room for it. */
void unprobed_warn(const struct points *points)
{
	char row[COLUMNS + 1] = "not probed: ";
	size_t begin = strlen(row), used = begin, more = 0;

	for (size_t i = 0; i < points->finding_count; i++) {
		const char *name = points->finding[i].name;
		size_t room = used == begin ? FIRST_NAME : FIRST_NAMES;

		if (points->finding[i].how[0] || points->finding[i].is_refused)
			continue;
		if (more || used - begin + 2 + strlen(name) > room)
			more++;
		else
			used += (size_t)snprintf(row + used, sizeof(row) - used, "%s%s",
						 used == begin ? "" : ", ", name);
	}
	if (more)
		snprintf(row + used, sizeof(row) - used, "%s%zu more", used > begin ? " and " : "",
			 more);
	refused_warn(points);
	returns_warn(points);
	if (row[begin])
		diag("%s%s", row, strlen(row) + strlen(SEE_DOCTOR) <= COLUMNS ? SEE_DOCTOR : "");
}
