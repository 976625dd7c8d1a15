/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each kind of database has to do. */
#ifndef MIGTRACE_COLLECT_DATABASE_PRIVATE_H
#define MIGTRACE_COLLECT_DATABASE_PRIVATE_H

#include "collect/database.h"

/* All return as database.h has it; state is the kind's own. */
struct database_kind {
	const char *words[WORDS];
	void *(*begin)(const char *where);
	/* Several statements, which return nothing. */
	int (*run_text)(void *state, const char *text);
	int (*run)(void *state, enum statement statement, const char *text,
		   const struct value *parameters, size_t count, row_fn *row, void *arg);
	void (*close)(void *state);
};

#define COLUMNS_MAX 16

extern const struct database_kind sqlite_kind, postgres_kind;

#endif
