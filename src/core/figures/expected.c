/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QEMU's downtime limit, estimate and result (its own definitions). */
#include "core/figures/expected.h"

static void take(struct opt_i64 *number, uint64_t ms)
{
	if (ms != UINT64_MAX)
		*number = opt_of((int64_t)ms);
}

struct expected expected_of(const struct migration *migration)
{
	const struct side *source = migration->source;
	struct expected expected = {.limit.known = false};

	for (size_t i = 0; source && i < source->count; i++) {
		const struct mt_event *event = source->events[i];

		if (event->kind != MT_MIGRATION_INFO)
			continue;
		take(&expected.limit, event->info.downtime_limit_ms);
		take(&expected.downtime, event->info.expected_downtime_ms);
		take(&expected.said, event->info.downtime_ms);
	}
	return expected;
}
