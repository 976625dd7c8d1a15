/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which collector looks after which partition, by the database's time and its transactions. */
#include "collect/leases.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TTL_MS 10000

int leases_begin(struct leases *leases, struct database *database)
{
	char nonce[NONCE_TEXT], host[HOST_NAME] = "";
	int err = nonce_new(nonce);

	gethostname(host, sizeof(host) - 1);
	*leases = (struct leases){.database = database};
	snprintf(leases->owner, sizeof(leases->owner), "%s-%.16s", host, nonce);
	for (unsigned int part = 0; !err && part < PARTITIONS; part++) {
		const struct value value = NUMBER_VALUE(part);
		int added = database_run(database, LEASE_MAKE, &value, 1, NULL, NULL);

		err = added < 0 ? added : 0;
	}
	return err;
}

static int part_note(void *arg, const struct value *columns, size_t count)
{
	struct leases *leases = arg;

	(void)count;
	if (columns[0].number >= 0 && columns[0].number < PARTITIONS) {
		leases->has_part[columns[0].number] = true;
		leases->count++;
	}
	return 0;
}

static int live_note(void *arg, const struct value *columns, size_t count)
{
	(void)count;
	*(int64_t *)arg = columns[0].number;
	return 0;
}

/* Takes those that nobody has, and leaves what is too much. */
static int share_make(struct leases *leases, size_t share)
{
	int err = 0;

	for (unsigned int part = 0; err >= 0 && part < PARTITIONS; part++) {
		const struct value key[] = {NUMBER_VALUE(part), text_value(leases->owner),
					    NUMBER_VALUE(TTL_MS)};

		if (leases->has_part[part] && leases->count > share) {
			err = database_run(leases->database, LEASE_LEAVE, key, 2, NULL, NULL);
			leases->has_part[part] = false;
			leases->count--;
		} else if (!leases->has_part[part] && leases->count < share) {
			err = database_run(leases->database, LEASE_TAKE, key, 3, NULL, NULL);
			leases->has_part[part] = err > 0;
			leases->count += err > 0;
		}
	}
	return err < 0 ? err : 0;
}

static int shares_settle(struct leases *leases)
{
	const struct value seen = text_value(leases->owner), ttl = NUMBER_VALUE(TTL_MS);
	const struct value keep[] = {text_value(leases->owner), NUMBER_VALUE(TTL_MS)};
	int64_t live = 1;
	int err = database_run(leases->database, COLLECTOR_SEEN, &seen, 1, NULL, NULL);

	if (err >= 0)
		err = database_run(leases->database, LEASE_KEEP, keep, 2, NULL, NULL);
	if (err >= 0)
		err = database_run(leases->database, COLLECTORS_LIVE, &ttl, 1, live_note, &live);
	memset(leases->has_part, 0, sizeof(leases->has_part));
	leases->count = 0;
	if (err >= 0)
		err = database_run(leases->database, LEASES_MINE, &seen, 1, part_note, leases);
	if (err < 0)
		return err;
	if (live < 1)
		live = 1;
	return share_make(leases, (size_t)((PARTITIONS + live - 1) / live));
}

int leases_step(struct leases *leases)
{
	int err = database_begin(leases->database);

	if (err)
		return err;
	err = shares_settle(leases);
	if (!err)
		return database_commit(leases->database);
	database_rollback(leases->database);
	return err;
}

void leases_end(struct leases *leases)
{
	for (unsigned int part = 0; part < PARTITIONS; part++) {
		const struct value key[] = {NUMBER_VALUE(part), text_value(leases->owner)};

		if (leases->has_part[part])
			database_run(leases->database, LEASE_LEAVE, key, 2, NULL, NULL);
	}
}
