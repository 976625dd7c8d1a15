/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The collector's store: SQLite or PostgreSQL, by the same statements. */
#ifndef MIGTRACE_COLLECT_DATABASE_H
#define MIGTRACE_COLLECT_DATABASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collect/statements.h"

enum value_type {
	VALUE_NULL,
	VALUE_NUMBER,
	VALUE_TEXT,
	VALUE_BYTES,
};

/* Texts have a closing NUL that the size does not count; of a row they are the database's, until
 * the next one. */
struct value {
	enum value_type type;
	int64_t number;
	const void *bytes;
	size_t size;
};

#define NULL_VALUE	  ((struct value){.type = VALUE_NULL})
#define NUMBER_VALUE(n)	  ((struct value){.type = VALUE_NUMBER, .number = (n)})
#define BYTES_VALUE(b, s) ((struct value){.type = VALUE_BYTES, .bytes = (b), .size = (s)})

/* Of NULL it is NULL. */
struct value text_value(const char *text);

/* Returns the text, or "" where it is none. */
const char *value_text(const struct value *value);

struct database;

/*
 * Opens the database, a file's path or a postgresql: URI, and makes its tables where there are
 * none, or those of this version out of an older one's. Returns NULL with a line on stderr.
 * database_close() frees.
 */
struct database *database_open(const char *where);

/* Is given a row. Returns 0, or what ends it all: no other row is wanted. */
typedef int row_fn(void *arg, const struct value *columns, size_t count);

/*
 * Runs the statement with its parameters, and gives row (NULL: nobody) what it returns. Returns how
 * many rows it has changed, or given; what row returned, if that is not 0; or -errno with a line on
 * stderr: -EIO where the connection was lost, which the next call makes anew.
 */
int database_run(struct database *database, enum statement statement,
		 const struct value *parameters, size_t count, row_fn *row, void *arg);

/*
 * Begins a transaction, or ends it: what was done in it is there, on the disk, when 0 is returned
 * by database_commit(). All return 0 or -errno with a line on stderr.
 */
int database_begin(struct database *database);
int database_commit(struct database *database);
void database_rollback(struct database *database);

/* NULL is none. */
void database_close(struct database *database);

#endif
