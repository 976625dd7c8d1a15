/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is asked of the database: one table of statements, in what both of its kinds understand. */
#include "collect/statements.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const schema_steps[] = {
	"CREATE TABLE half ("
	" host TEXT NOT NULL, store TEXT NOT NULL, number BIGINT NOT NULL,"
	" id TEXT NOT NULL, domain TEXT NOT NULL, part INTEGER NOT NULL, began_s BIGINT NOT NULL,"
	" sha256 TEXT NOT NULL, received_ms BIGINT NOT NULL, state INTEGER NOT NULL,"
	" migration TEXT, body {bytes},"
	" PRIMARY KEY (host, store, number));"
	"CREATE INDEX half_state ON half (state, part);"
	"CREATE INDEX half_domain ON half (domain, began_s);"
	"CREATE INDEX half_migration ON half (migration);"
	"CREATE INDEX half_id ON half (host, id);"
	"CREATE INDEX half_received ON half (received_ms);"
	"CREATE TABLE sender ("
	" host TEXT NOT NULL, store TEXT NOT NULL, up_to BIGINT NOT NULL, seen_ms BIGINT NOT NULL,"
	" PRIMARY KEY (host, store));"
	"CREATE TABLE migration ("
	" id TEXT NOT NULL PRIMARY KEY, uuid TEXT NOT NULL, name TEXT NOT NULL,"
	" source TEXT NOT NULL, destination TEXT NOT NULL, outcome TEXT NOT NULL,"
	" flavour TEXT NOT NULL, finding TEXT NOT NULL, started_ns BIGINT NOT NULL,"
	" elapsed_lo_ns BIGINT, elapsed_hi_ns BIGINT, downtime_lo_ns BIGINT, downtime_hi_ns BIGINT,"
	" halves INTEGER NOT NULL, stored_ms BIGINT NOT NULL, report TEXT NOT NULL);"
	"CREATE INDEX migration_started ON migration (started_ns);"
	"CREATE INDEX migration_stored ON migration (stored_ms);"
	"CREATE TABLE collector (name TEXT NOT NULL PRIMARY KEY, seen_ms BIGINT NOT NULL);"
	"CREATE TABLE lease (part INTEGER NOT NULL PRIMARY KEY, owner TEXT NOT NULL,"
	" until_ms BIGINT NOT NULL);",
	/* What is due comes first by its index; what a sender lacks is summed up when it speaks. */
	"DROP INDEX half_state;"
	"CREATE INDEX half_state ON half (state, received_ms);"
	"ALTER TABLE sender ADD COLUMN lacks BIGINT NOT NULL DEFAULT 0;"
	"UPDATE sender SET lacks = (SELECT coalesce(max(number) - sender.up_to - count(*), 0)"
	" FROM half WHERE half.host = sender.host AND half.store = sender.store"
	" AND half.number > sender.up_to);"
	"CREATE INDEX sender_lacks ON sender (lacks) WHERE lacks > 0;",
	"CREATE TABLE trace (migration TEXT NOT NULL PRIMARY KEY, part INTEGER NOT NULL,"
	" queued_ms BIGINT NOT NULL);"
	"CREATE INDEX trace_queued ON trace (queued_ms);",
	NULL,
};

#define HALF_COLUMNS                                                                               \
	"half.host, half.store, half.number, half.id, half.domain, half.part, half.began_s,"       \
	" half.sha256, half.received_ms, half.state, half.migration, half.body"
#define OF_MINE " half.part IN (SELECT part FROM lease WHERE owner = $1)"
/* As page_query has it: "" is any. */
#define OF_QUERY                                                                                   \
	" WHERE started_ns >= $1 AND ($2 = '' OR source = $2 OR destination = $2)"                 \
	" AND ($3 = '' OR source = $3) AND ($4 = '' OR destination = $4)"                          \
	" AND ($5 = '' OR name = $5 OR uuid = $5)"

const char *const statement_texts[STATEMENTS] = {
	[BEGIN_WORK] = "BEGIN{write}",
	[COMMIT_WORK] = "COMMIT",
	[ROLLBACK_WORK] = "ROLLBACK",
	[VERSION_MAKE] = "INSERT INTO schema_version (one, version) VALUES (1, 0)"
			 " ON CONFLICT DO NOTHING",
	[VERSION_GET] = "SELECT version FROM schema_version{lock}",
	[VERSION_SET] = "UPDATE schema_version SET version = $1",
	[HALF_ADD] = "INSERT INTO half (host, store, number, id, domain, part, began_s, sha256,"
		     " received_ms, state, body)"
		     " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, {now}, $9, $10)"
		     " ON CONFLICT DO NOTHING",
	[HALF_HASH] = "SELECT id, sha256 FROM half WHERE host = $1 AND store = $2 AND number = $3",
	[HALF_THERE] = "SELECT 1 FROM half WHERE host = $1 AND id = $2 AND sha256 = $3 LIMIT 1",
	/* What has the same id came before it was over, or again. */
	[HALF_OLDER] = "SELECT " HALF_COLUMNS " FROM half WHERE host = $1 AND id = $2"
		       " AND NOT (store = $3 AND number = $4) AND state IN (0, 1, 2, 3)",
	[HALF_SET] = "UPDATE half SET state = $4, migration = $5"
		     " WHERE host = $1 AND store = $2 AND number = $3",
	[HALVES_NEW] = "SELECT " HALF_COLUMNS " FROM half WHERE half.state = 0 AND" OF_MINE
		       " ORDER BY half.received_ms LIMIT $2",
	[HALVES_NEAR] = "SELECT " HALF_COLUMNS " FROM half WHERE domain = $1"
			" AND began_s BETWEEN $2 AND $3 AND state IN (0, 1, 3) AND part = $4"
			" ORDER BY received_ms DESC LIMIT $5",
	[HALVES_EXPIRED] = "SELECT " HALF_COLUMNS " FROM half WHERE half.state = 1 AND" OF_MINE
			   " AND half.received_ms < {now} - $2 ORDER BY half.received_ms LIMIT $3",
	[HALVES_DROP] = "DELETE FROM half WHERE received_ms < {now} - $1 AND state <> 0",
	[SENDER_GET] = "SELECT up_to, lacks FROM sender WHERE host = $1 AND store = $2",
	[SENDER_SET] = "INSERT INTO sender (host, store, up_to, lacks, seen_ms)"
		       " VALUES ($1, $2, $3, $4, {now})"
		       " ON CONFLICT (host, store) DO UPDATE SET seen_ms = excluded.seen_ms,"
		       " lacks = excluded.lacks,"
		       " up_to = CASE WHEN excluded.up_to > sender.up_to THEN excluded.up_to"
		       " ELSE sender.up_to END",
	[NUMBERS_ABOVE] = "SELECT number FROM half WHERE host = $1 AND store = $2 AND number > $3"
			  " ORDER BY number LIMIT 100000",
	[MIGRATION_ADD] =
		"INSERT INTO migration (id, uuid, name, source, destination, outcome,"
		" flavour, finding, started_ns, elapsed_lo_ns, elapsed_hi_ns,"
		" downtime_lo_ns, downtime_hi_ns, halves, report, stored_ms)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,"
		" {now}) ON CONFLICT DO NOTHING RETURNING stored_ms",
	[MIGRATION_DROP] = "DELETE FROM migration WHERE id = $1",
	/* Its halves wait for others then. */
	[MIGRATION_FREE] = "UPDATE half SET state = 0, migration = NULL WHERE migration = $1",
	[MIGRATION_GET] = "SELECT report FROM migration WHERE id = $1",
	[MIGRATION_HALVES] =
		"SELECT " HALF_COLUMNS " FROM half WHERE migration = $1 ORDER BY id DESC",
	[MIGRATIONS_LIST] = "SELECT id, uuid, name, source, destination, outcome, flavour, finding,"
			    " started_ns, elapsed_lo_ns, elapsed_hi_ns, downtime_lo_ns,"
			    " downtime_hi_ns, halves FROM migration" OF_QUERY
			    " ORDER BY started_ns DESC LIMIT $6",
	[MIGRATIONS_SERIES] = "SELECT started_ns, downtime_lo_ns, downtime_hi_ns, elapsed_lo_ns,"
			      " elapsed_hi_ns FROM migration" OF_QUERY " AND outcome = 'completed'"
			      " ORDER BY started_ns DESC LIMIT $6",
	[MIGRATIONS_DROP] = "DELETE FROM migration WHERE stored_ms < {now} - $1",
	/* One that is replaced is sent anew. */
	[TRACE_ADD] = "INSERT INTO trace (migration, part, queued_ms) VALUES ($1, $2, {now})"
		      " ON CONFLICT (migration) DO UPDATE SET queued_ms = excluded.queued_ms",
	[TRACE_NEXT] = "SELECT migration, queued_ms FROM trace"
		       " WHERE part IN (SELECT part FROM lease WHERE owner = $1)"
		       " ORDER BY queued_ms LIMIT 1",
	[TRACE_DONE] = "DELETE FROM trace WHERE migration = $1 AND queued_ms = $2",
	[TRACES_CUT] = "DELETE FROM trace WHERE migration IN (SELECT migration FROM trace"
		       " ORDER BY queued_ms DESC LIMIT 10000 OFFSET $1)",
	[FIGURES_GET] = "SELECT (SELECT count(*) FROM sender),"
			" (SELECT count(*) FROM half WHERE state = 0),"
			" (SELECT coalesce({now} - min(received_ms), 0) FROM half WHERE state = 0),"
			" (SELECT count(*) FROM half WHERE state = 1),"
			" (SELECT CAST(coalesce(sum(lacks), 0) AS BIGINT) FROM sender"
			" WHERE lacks > 0), (SELECT count(*) FROM trace)",
	[COLLECTOR_SEEN] = "INSERT INTO collector (name, seen_ms) VALUES ($1, {now})"
			   " ON CONFLICT (name) DO UPDATE SET seen_ms = excluded.seen_ms",
	[COLLECTORS_LIVE] = "SELECT count(*) FROM collector WHERE seen_ms > {now} - $1",
	[LEASE_MAKE] = "INSERT INTO lease (part, owner, until_ms) VALUES ($1, '', 0)"
		       " ON CONFLICT DO NOTHING",
	[LEASE_TAKE] = "UPDATE lease SET owner = $2, until_ms = {now} + $3"
		       " WHERE part = $1 AND until_ms < {now}",
	[LEASE_KEEP] = "UPDATE lease SET until_ms = {now} + $2"
		       " WHERE owner = $1 AND until_ms >= {now}",
	[LEASE_LEAVE] = "UPDATE lease SET owner = '', until_ms = 0 WHERE part = $1 AND owner = $2",
	[LEASES_MINE] =
		"SELECT part FROM lease WHERE owner = $1 AND until_ms >= {now} ORDER BY part",
	[LEASE_CHECK] = "SELECT 1 FROM lease WHERE part = $1 AND owner = $2"
			" AND until_ms >= {now}{lock}",
};

static const char *const word_names[WORDS] = {
	[WORD_BYTES] = "{bytes}",
	[WORD_NOW] = "{now}",
	[WORD_LOCK] = "{lock}",
	[WORD_WRITE] = "{write}",
};

/* Returns the word that the text begins with; WORDS: none. */
static size_t word_at(const char *text)
{
	size_t word = 0;

	while (word < WORDS && strncmp(text, word_names[word], strlen(word_names[word])) != 0)
		word++;
	return word;
}

char *statement_text(const char *text, const char *const words[WORDS])
{
	char *replaced = NULL;
	size_t size;
	FILE *out = open_memstream(&replaced, &size);

	if (!out)
		return NULL;
	while (*text) {
		size_t word = word_at(text);

		if (word == WORDS) {
			fputc(*text++, out);
		} else {
			fputs(words[word], out);
			text += strlen(word_names[word]);
		}
	}
	return fclose(out) ? NULL : replaced;
}
