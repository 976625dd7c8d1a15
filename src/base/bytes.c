/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Amounts of memory as people read them: 1.5 GiB. */
#include "base/bytes.h"

#include <stddef.h>
#include <stdio.h>

void bytes_format(uint64_t bytes, char text[BYTES_TEXT])
{
	static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
	double value = (double)bytes / 1024;
	size_t unit = 0;

	while (value >= 1000 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		value /= 1024;
		unit++;
	}
	snprintf(text, BYTES_TEXT, "%.*f %s", value > 0 && value < 10, value, units[unit]);
}
