/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An instant of the past as people write it: 2h, 7d, 2026-11-26T20:30. */
#include "base/when.h"

#include <stddef.h>
#include <time.h>

#include "base/duration.h"

bool when_parse(const char *text, int64_t now_ns, int64_t *ns)
{
	static const char *const forms[] = {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S",
					    "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%d"};
	int64_t ago_ns;

	if (duration_parse(text, NULL, &ago_ns) && ago_ns >= 0) {
		*ns = now_ns - ago_ns;
		return true;
	}
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct tm tm = {0};
		const char *end = strptime(text, forms[i], &tm);

		if (end && !*end) {
			*ns = (int64_t)timegm(&tm) * 1000000000;
			return true;
		}
	}
	return false;
}
