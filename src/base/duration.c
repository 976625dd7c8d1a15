/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A length of time as people write it: the one grammar of it. */
#include "base/duration.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define NS_MAX 1e18

static const struct {
	const char *name;
	double ns;
} units[] = {{"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}, {"d", 86400e9}};

bool duration_parse(const char *text, const char *default_unit, int64_t *ns)
{
	char *end;
	double value = strtod(text, &end);
	const char *unit = end + strspn(end, " ");

	if (end == text)
		return false;
	if (!*unit && default_unit)
		unit = default_unit;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		double sum = value * units[i].ns;

		if (strcmp(unit, units[i].name) != 0 || !(sum > -NS_MAX && sum < NS_MAX))
			continue;
		*ns = (int64_t)sum;
		return true;
	}
	return false;
}
