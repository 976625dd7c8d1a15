/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libvirt itself says of a domain's last migration on one host. */
#include "core/recording/reported.h"

#include <assert.h>
#include <string.h>

#include "core/clock/clock.h"

#define MS_MAX ((uint64_t)CLOCK_NS_MAX / 1000000)

static const char *const names[REPORTED_FIELDS] = {
	[REPORTED_DOWNTIME] = "downtime",    [REPORTED_DOWNTIME_NET] = "downtime_net",
	[REPORTED_ELAPSED] = "time_elapsed", [REPORTED_ELAPSED_NET] = "time_elapsed_net",
	[REPORTED_SETUP] = "setup_time",     [REPORTED_DELTA] = "delta",
};
static_assert(REPORTED_DELTA + 1 == REPORTED_FIELDS, "libvirt does not report it: it is the last");

const char *reported_name(enum reported_field field)
{
	assert(field < REPORTED_FIELDS);
	return names[field];
}

bool reported_take(struct reported *reported, const char *name, uint64_t value)
{
	if (!strcmp(name, "operation"))
		reported->operation = value <= INT32_MAX ? (int64_t)value : 0;
	for (int field = 0; field < REPORTED_DELTA; field++) {
		if (strcmp(name, names[field]))
			continue;
		reported->is_absurd[field] = value > MS_MAX;
		if (value > MS_MAX)
			return false;
		assert(!reported->is_absurd[field]);
		reported->ms[field] = opt_of((int64_t)value);
	}
	return true;
}

bool reported_is_same(const struct reported *a, const struct reported *b)
{
	bool is_same = a->operation == b->operation;

	for (int field = 0; field < REPORTED_FIELDS; field++)
		is_same &= a->ms[field].known == b->ms[field].known &&
			   opt_or(a->ms[field], 0) == opt_or(b->ms[field], 0) &&
			   a->is_absurd[field] == b->is_absurd[field];
	return is_same;
}

bool reported_ms(const struct reported *reported, enum reported_field field, int64_t *ms)
{
	assert(field < REPORTED_FIELDS);
	if (reported->ms[field].known)
		*ms = reported->ms[field].v;
	return reported->ms[field].known;
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
