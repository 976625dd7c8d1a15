/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is asked of the database: one table of statements, in what both of its kinds understand. */
#ifndef MIGTRACE_COLLECT_STATEMENTS_H
#define MIGTRACE_COLLECT_STATEMENTS_H

#include <stddef.h>

enum statement {
	BEGIN_WORK,
	COMMIT_WORK,
	ROLLBACK_WORK,
	VERSION_MAKE,
	VERSION_GET,
	VERSION_SET,
	HALF_ADD,
	HALF_HASH,
	HALF_THERE,
	HALF_OLDER,
	HALF_SET,
	HALVES_NEW,
	HALVES_NEAR,
	HALVES_EXPIRED,
	HALVES_DROP,
	SENDER_GET,
	SENDER_SET,
	NUMBERS_ABOVE,
	MIGRATION_ADD,
	MIGRATION_DROP,
	MIGRATION_FREE,
	MIGRATION_GET,
	MIGRATION_HALVES,
	MIGRATIONS_LIST,
	MIGRATIONS_SERIES,
	MIGRATIONS_DROP,
	TRACE_ADD,
	TRACE_NEXT,
	TRACE_DONE,
	TRACES_CUT,
	FIGURES_GET,
	COLLECTOR_SEEN,
	COLLECTORS_LIVE,
	LEASE_MAKE,
	LEASE_TAKE,
	LEASE_KEEP,
	LEASE_LEAVE,
	LEASES_MINE,
	LEASE_CHECK,
	STATEMENTS,
};

/* What the kinds of databases write otherwise: each word in braces in a text. */
enum dialect_word {
	WORD_BYTES, /* the type of bytes */
	WORD_NOW,   /* the database's time, ms */
	WORD_LOCK,  /* keeps a row from others, at the end of SELECT */
	WORD_WRITE, /* behind BEGIN: it will be written */
	WORDS,
};

extern const char *const statement_texts[STATEMENTS];

/* What makes the tables of each version out of those of the one before; NULL after the last. */
extern const char *const schema_steps[];

/* What half.state means. */
enum half_state {
	HALF_NEW,      /* nobody has looked at it */
	HALF_WAITS,    /* for its other half */
	HALF_IN,       /* a migration with both */
	HALF_ALONE,    /* in a migration of one half: the other one has not come */
	HALF_REPLACED, /* by a later one of the same id */
	HALF_GONE,     /* its host had it no more */
	HALF_REFUSED,  /* it is no recording, or another host's */
};

/* Returns the text with the words replaced, the caller's; NULL without memory. */
char *statement_text(const char *text, const char *const words[WORDS]);

#endif
