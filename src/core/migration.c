/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A migration: one half of it, or both. */
#include "core/migration.h"

#include <stdlib.h>
#include <string.h>

const struct half *migration_half(const struct migration *migration)
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
	return half_uuid(migration_half(migration));
}

int64_t migration_real_ns(const struct migration *migration)
{
	const struct half *half = migration_half(migration);

	return recording_real_ns(half->recording, (int64_t)half->events[0]->ktime_ns);
}
