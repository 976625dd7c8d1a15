/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libvirt itself says of a domain's last migration on one host. */
#include "core/recording/reported.h"

#include <string.h>

#include "core/clock/clock.h"

#define MS_MAX ((uint64_t)CLOCK_NS_MAX / 1000000)

static const char *const names[REPORTED_FIELDS] = {
	[REPORTED_DOWNTIME] = "downtime",    [REPORTED_DOWNTIME_NET] = "downtime_net",
	[REPORTED_ELAPSED] = "time_elapsed", [REPORTED_ELAPSED_NET] = "time_elapsed_net",
	[REPORTED_SETUP] = "setup_time",     [REPORTED_DELTA] = "delta",
};

const char *reported_name(enum reported_field field)
{
	return names[field];
}

bool reported_take(struct reported *reported, const char *name, uint64_t value)
{
	if (!strcmp(name, "operation"))
		reported->operation = value <= INT32_MAX ? (int64_t)value : 0;
	for (int field = 0; field < REPORTED_DELTA; field++) {
		if (strcmp(name, names[field]))
			continue;
		reported->field[field].is_absurd = value > MS_MAX;
		if (value > MS_MAX)
			return false;
		reported->field[field].known = true;
		reported->field[field].ms = value;
	}
	return true;
}

bool reported_ms(const struct reported *reported, enum reported_field field, int64_t *ms)
{
	if (!reported->field[field].known || reported->field[field].ms > MS_MAX)
		return false;
	*ms = (int64_t)reported->field[field].ms;
	return true;
}

bool reported_delta_ms(const struct reported *reported, int64_t *ms)
{
	static const enum reported_field pairs[][2] = {
		{REPORTED_ELAPSED, REPORTED_ELAPSED_NET},
		{REPORTED_DOWNTIME, REPORTED_DOWNTIME_NET},
	};
	int64_t whole, net;

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		if (!reported_ms(reported, pairs[i][0], &whole) ||
		    !reported_ms(reported, pairs[i][1], &net))
			continue;
		*ms = whole - net;
		return true;
	}
	return false;
}
