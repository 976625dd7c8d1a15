/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What report and verify have in common: which migrations of recordings are meant, and whose
 * numbers. */
#include "cmd/reading.h"

#include <string.h>
#include <uuid/uuid.h>

#include "base/diag.h"
#include "report/virsh_stats.h"

static bool is_of_another(const struct side *side, const char *addition)
{
	return side && strcmp(side->recording->name, addition) != 0;
}

bool reading_wants(const struct reading *reading, const struct migration *migration)
{
	uuid_t uuid;

	if (reading->addition && !is_of_another(migration->source, reading->addition) &&
	    !is_of_another(migration->destination, reading->addition))
		return false;
	return !reading->uuid || (!uuid_parse(reading->uuid, uuid) &&
				  !memcmp(uuid, migration_uuid(migration), MT_UUID));
}

bool reading_has_numbers(const struct reading *reading)
{
	return reading->reported[ROLE_SOURCE] || reading->reported[ROLE_DESTINATION];
}

int reading_numbers(const struct reading *reading, struct numbers given[2],
		    struct account_request *request)
{
	int err = 0;

	for (size_t i = 0; i < 2 && !err; i++) {
		if (!reading->reported[i])
			continue;
		given[i] = (struct numbers){0};
		err = reported_read(reading->reported[i], &given[i].reported);
		request->numbers[i] = &given[i];
	}
	return err;
}

void reading_warn_none(const struct reading *reading)
{
	diag("no migration%s%s in these recordings", reading->uuid ? " of " : "",
	     reading->uuid ?: "");
}
