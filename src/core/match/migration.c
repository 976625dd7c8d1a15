/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A migration: one side of it, or both. */
#include "core/match/migration.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

const struct side *migration_side(const struct migration *migration)
{
	return migration->source ? migration->source : migration->destination;
}

void migrations_free(struct migrations *migrations)
{
	free(migrations->migration);
	memset(migrations, 0, sizeof(*migrations));
}

const uint8_t *migration_uuid(const struct migration *migration)
{
	assert(migration_side(migration));
	return side_uuid(migration_side(migration));
}

int64_t migration_real_ns(const struct migration *migration)
{
	const struct side *side = migration_side(migration);

	assert(side);
	return recording_real_ns(side->recording, (int64_t)side->events[0]->ktime_ns);
}
