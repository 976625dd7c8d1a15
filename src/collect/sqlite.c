/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SQLite: the database of a collector on one machine, which needs no server. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sqlite3.h>

#include "base/diag.h"
#include "collect/database_private.h"

#define PATIENCE_MS 10000 /* for another process that writes */

struct sqlite {
	sqlite3 *database;
	sqlite3_stmt *prepared[STATEMENTS];
};

static int complain(const struct sqlite *sqlite, const char *what)
{
	diag("%s: %s", what, sqlite3_errmsg(sqlite->database));
	return sqlite3_errcode(sqlite->database) == SQLITE_FULL ? -ENOSPC : -EIO;
}

static void sqlite_close(void *state)
{
	struct sqlite *sqlite = state;

	for (size_t i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(sqlite->prepared[i]);
	sqlite3_close(sqlite->database);
	free(sqlite);
}

static int sqlite_run_text(void *state, const char *text)
{
	struct sqlite *sqlite = state;

	if (sqlite3_exec(sqlite->database, text, NULL, NULL, NULL) == SQLITE_OK)
		return 0;
	return complain(sqlite, "the database");
}

/* What is committed is on the disk. */
static void *sqlite_open(const char *where)
{
	struct sqlite *sqlite = calloc(1, sizeof(*sqlite));

	if (!sqlite)
		return NULL;
	if (sqlite3_open_v2(where, &sqlite->database,
			    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
			    NULL) != SQLITE_OK) {
		complain(sqlite, where);
		sqlite_close(sqlite);
		return NULL;
	}
	sqlite3_busy_timeout(sqlite->database, PATIENCE_MS);
	if (!sqlite_run_text(sqlite,
			     "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
			     "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA trusted_schema = OFF"))
		return sqlite;
	sqlite_close(sqlite);
	return NULL;
}

static int parameter_bind(sqlite3_stmt *statement, size_t index, const struct value *value)
{
	char name[24];
	int at;

	snprintf(name, sizeof(name), "$%zu", index + 1);
	at = sqlite3_bind_parameter_index(statement, name);
	switch (value->type) {
	case VALUE_NUMBER:
		return sqlite3_bind_int64(statement, at, value->number);
	case VALUE_TEXT:
		return sqlite3_bind_text(statement, at, value->bytes, (int)value->size,
					 SQLITE_STATIC);
	case VALUE_BYTES:
		return sqlite3_bind_blob(statement, at, value->bytes, (int)value->size,
					 SQLITE_STATIC);
	case VALUE_NULL:
		break;
	}
	return sqlite3_bind_null(statement, at);
}

static struct value column_value(sqlite3_stmt *statement, int column)
{
	struct value value = {.type = VALUE_NULL};

	switch (sqlite3_column_type(statement, column)) {
	case SQLITE_INTEGER:
		return NUMBER_VALUE(sqlite3_column_int64(statement, column));
	case SQLITE_TEXT:
		value.type = VALUE_TEXT;
		value.bytes = sqlite3_column_text(statement, column);
		break;
	case SQLITE_BLOB:
		value.type = VALUE_BYTES;
		value.bytes = sqlite3_column_blob(statement, column);
		break;
	default:
		return value;
	}
	value.size = (size_t)sqlite3_column_bytes(statement, column);
	return value;
}

static int row_give(sqlite3_stmt *statement, row_fn *row, void *arg)
{
	struct value columns[COLUMNS_MAX];
	int count = sqlite3_column_count(statement);

	for (int i = 0; i < count && i < COLUMNS_MAX; i++)
		columns[i] = column_value(statement, i);
	return row ? row(arg, columns, (size_t)count) : 0;
}

static int rows_give(struct sqlite *sqlite, sqlite3_stmt *statement, row_fn *row, void *arg)
{
	int got, rows = 0, err;

	while ((got = sqlite3_step(statement)) == SQLITE_ROW) {
		err = row_give(statement, row, arg);
		if (err)
			return err;
		rows++;
	}
	if (got != SQLITE_DONE)
		return complain(sqlite, "the database");
	return sqlite3_column_count(statement) ? rows : sqlite3_changes(sqlite->database);
}

/* A transaction that was not begun, or has ended by itself, needs no end. */
static bool is_needless(const struct sqlite *sqlite, enum statement statement)
{
	return statement == ROLLBACK_WORK && sqlite3_get_autocommit(sqlite->database);
}

static int sqlite_run(void *state, enum statement statement, const char *text,
		      const struct value *parameters, size_t count, row_fn *row, void *arg)
{
	struct sqlite *sqlite = state;
	sqlite3_stmt **prepared = &sqlite->prepared[statement];
	int err;

	if (is_needless(sqlite, statement))
		return 0;
	if (!*prepared && sqlite3_prepare_v3(sqlite->database, text, -1, SQLITE_PREPARE_PERSISTENT,
					     prepared, NULL) != SQLITE_OK)
		return complain(sqlite, text);
	for (size_t i = 0; i < count; i++)
		if (parameter_bind(*prepared, i, &parameters[i]) != SQLITE_OK)
			return complain(sqlite, text);
	err = rows_give(sqlite, *prepared, row, arg);
	sqlite3_reset(*prepared);
	sqlite3_clear_bindings(*prepared);
	return err;
}

const struct database_kind sqlite_kind = {
	.words = {[WORD_BYTES] = "BLOB",
		  [WORD_NOW] = "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)",
		  [WORD_LOCK] = "",
		  [WORD_WRITE] = " IMMEDIATE"},
	.begin = sqlite_open,
	.run_text = sqlite_run_text,
	.run = sqlite_run,
	.close = sqlite_close,
};
