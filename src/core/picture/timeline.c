/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What pictures show of a migration: spans and instants of both hosts on one axis of time. */
#include "core/picture/timeline.h"

#include <assert.h>
#include <stdlib.h>

#include "core/picture/drawing.h"
#include "core/picture/lanes.h"

/* The axis begins with the first that is on it. */
static void zero_set(struct timeline *timeline)
{
	int64_t *zero_ns = timeline->zero_ns;

	for (int host = 0; host < TIMELINE_HOSTS; host++)
		zero_ns[host] = INT64_MAX;
	for (size_t i = 0; i < timeline->count; i++) {
		const struct timeline_span *span = &timeline->span[i];
		enum timeline_host host = timeline->is_common ? TIMELINE_BOTH : span->host;

		assert(host < TIMELINE_HOSTS);
		if (span->at_ns < zero_ns[host])
			zero_ns[host] = span->at_ns;
	}
	for (size_t i = 0; i < timeline->count; i++) {
		struct timeline_span *span = &timeline->span[i];

		span->at_ns -= zero_ns[timeline->is_common ? TIMELINE_BOTH : span->host];
		assert(span->at_ns >= 0);
	}
	for (int host = 0; timeline->is_common && host < TIMELINE_BOTH; host++)
		zero_ns[host] = zero_ns[TIMELINE_BOTH];
}

int timeline_find(const struct account *account, struct timeline *timeline)
{
	struct drawing drawing = {
		.account = account,
		.axis = axis_find(account->migration, &account->figures),
		.timeline = timeline,
	};

	*timeline = (struct timeline){.is_common = drawing.axis.is_common};
	if (!timeline->is_common && account_has_both(account))
		timeline->why_not_common = account->figures.clocks.offset.why_unknown;
	side_draw(&drawing, &account->side[ROLE_SOURCE]);
	side_draw(&drawing, &account->side[ROLE_DESTINATION]);
	passes_draw(&drawing, account);
	brownout_draw(&drawing, account->side[ROLE_SOURCE].side);
	brownout_draw(&drawing, account->side[ROLE_DESTINATION].side);
	figures_draw(&drawing);
	parts_draw(&drawing);
	if (drawing.err)
		return drawing.err;
	assert(timeline->count <= timeline->room);
	zero_set(timeline);
	lanes_set(timeline);
	return 0;
}

void timeline_free(struct timeline *timeline)
{
	free(timeline->span);
	*timeline = (struct timeline){0};
}
