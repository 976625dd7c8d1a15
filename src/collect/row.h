/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A migration's row in the database, and a half's. */
#ifndef MIGTRACE_COLLECT_ROW_H
#define MIGTRACE_COLLECT_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collect/database.h"
#include "core/match/place_left.h"
#include "core/recording/reported.h"
#include "core/verdict/hypothesis.h"
#include "fleet/message.h"

#define WORD_TEXT 48
#define NAME_TEXT 256

/* ns; NULL of the database: not known. */
struct row_bounds {
	struct value lo, hi;
};

/* What is searched for, and counted, of a report. */
struct migration_row {
	char id[NONCE_TEXT];
	char uuid[UUID_TEXT], name[NAME_TEXT];
	char source[HOST_NAME], destination[HOST_NAME]; /* "": not seen */
	char outcome[WORD_TEXT], flavour[WORD_TEXT], finding[WORD_TEXT];
	int64_t started_ns;
	struct row_bounds elapsed, downtime;
	int64_t halves;
	int64_t stored_ms; /* by the database's clock, when it was added */
	const char *report;
	/* What is counted alone. */
	enum place_left left;
	bool is_in_danger;
	int64_t lost_events;
	uint8_t verdicts[REPORTED_FIELDS][VERDICT_KINDS]; /* of libvirt's numbers */
};

/* Fills it in but for its id, by the report of one or two halves. Returns false: it is none. */
bool migration_row_read(const char *report, struct migration_row *row);

/* Adds it, unless it is there. Returns as database_run(). */
int migration_row_add(struct database *database, struct migration_row *row);

/* A half of the database, with its bytes. */
struct half_entry {
	char host[HOST_NAME], store[SENDER_TEXT], id[HALF_ID], domain[HALF_ID], sha256[SHA256_TEXT];
	char migration[NONCE_TEXT]; /* "": in none */
	int64_t number, part, began_s, received_ms;
	enum half_state state;
	void *body;
	size_t size;
};

struct half_entries {
	struct half_entry *entry;
	size_t count, room;
};

/* A row_fn for HALF_COLUMNS: arg is a struct half_entries, which half_entries_free() empties. */
int half_entry_add(void *arg, const struct value *columns, size_t count);
void half_entries_free(struct half_entries *entries);

/* Sets its state, and of which migration it is ("": none). Returns 0 or -errno. */
int half_entry_set(struct database *database, const struct half_entry *entry, enum half_state state,
		   const char *migration);

/* Writes the id of the migration of these halves; destination NULL: of one. */
void migration_id(const struct half_entry *source, const struct half_entry *destination,
		  char id[NONCE_TEXT]);

#endif
