/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PostgreSQL: the database of several collectors. */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <libpq-fe.h>

#include "base/diag.h"
#include "collect/database_private.h"

/* Types' numbers in pg_type.dat, which never change. */
#define TYPE_BYTEA 17
#define TYPE_INT8  20
#define TYPE_INT4  23
#define TYPE_TEXT  25
#define BINARY	   1

struct postgres {
	PGconn *connection;
};

/* A parameter as it is sent. */
struct sent {
	Oid types[COLUMNS_MAX];
	const char *values[COLUMNS_MAX];
	int lengths[COLUMNS_MAX], formats[COLUMNS_MAX];
	uint64_t numbers[COLUMNS_MAX];
};

static void postgres_close(void *state)
{
	struct postgres *postgres = state;

	PQfinish(postgres->connection);
	free(postgres);
}

/* Of a message the first line: the others are hints to whoever types statements. */
static int complain(const struct postgres *postgres)
{
	const char *text = PQerrorMessage(postgres->connection);

	diag("the database: %.*s", (int)strcspn(text, "\n"), text);
	return -EIO;
}

static void notice_ignore(void *arg, const char *text)
{
	(void)arg;
	(void)text;
}

static void *postgres_open(const char *where)
{
	struct postgres *postgres = calloc(1, sizeof(*postgres));

	if (!postgres)
		return NULL;
	postgres->connection = PQconnectdb(where);
	PQsetNoticeProcessor(postgres->connection, notice_ignore, NULL);
	if (PQstatus(postgres->connection) == CONNECTION_OK)
		return postgres;
	complain(postgres);
	postgres_close(postgres);
	return NULL;
}

/* A connection that was lost is made anew, but not in the midst of what was lost with it. */
static int connection_mend(struct postgres *postgres, enum statement statement)
{
	if (PQstatus(postgres->connection) == CONNECTION_OK)
		return 0;
	if (statement != BEGIN_WORK)
		return -EIO;
	PQreset(postgres->connection);
	return PQstatus(postgres->connection) == CONNECTION_OK ? 0 : complain(postgres);
}

static int postgres_run_text(void *state, const char *text)
{
	struct postgres *postgres = state;
	PGresult *result = PQexec(postgres->connection, text);
	int err = PQresultStatus(result) == PGRES_COMMAND_OK ? 0 : complain(postgres);

	PQclear(result);
	return err;
}

static void parameter_send(struct sent *sent, size_t index, const struct value *value)
{
	static const Oid types[] = {[VALUE_NULL] = 0,
				    [VALUE_NUMBER] = TYPE_INT8,
				    [VALUE_TEXT] = TYPE_TEXT,
				    [VALUE_BYTES] = TYPE_BYTEA};

	sent->types[index] = types[value->type];
	sent->formats[index] = BINARY;
	sent->values[index] = value->bytes;
	sent->lengths[index] = (int)value->size;
	if (value->type == VALUE_NUMBER) {
		sent->numbers[index] = htobe64((uint64_t)value->number);
		sent->values[index] = (const char *)&sent->numbers[index];
		sent->lengths[index] = sizeof(sent->numbers[index]);
	} else if (value->type != VALUE_NULL && !value->bytes) {
		sent->values[index] = ""; /* empty is not NULL */
	}
}

static struct value number_decode(const char *bytes, int length)
{
	uint64_t wide;
	uint32_t narrow;

	if (length == sizeof(wide)) {
		memcpy(&wide, bytes, sizeof(wide));
		return NUMBER_VALUE((int64_t)be64toh(wide));
	}
	memcpy(&narrow, bytes, sizeof(narrow));
	return NUMBER_VALUE((int32_t)be32toh(narrow));
}

static struct value column_value(const PGresult *result, int row, int column)
{
	const char *bytes = PQgetvalue(result, row, column);
	int length = PQgetlength(result, row, column);

	if (PQgetisnull(result, row, column))
		return NULL_VALUE;
	switch (PQftype(result, column)) {
	case TYPE_INT8:
	case TYPE_INT4:
		return number_decode(bytes, length);
	case TYPE_BYTEA:
		return BYTES_VALUE(bytes, (size_t)length);
	default:
		return (struct value){.type = VALUE_TEXT, .bytes = bytes, .size = (size_t)length};
	}
}

static int rows_give(const PGresult *result, row_fn *row, void *arg)
{
	struct value columns[COLUMNS_MAX];
	int fields = PQnfields(result), rows = PQntuples(result), err = 0;

	for (int i = 0; !err && i < rows; i++) {
		for (int column = 0; column < fields && column < COLUMNS_MAX; column++)
			columns[column] = column_value(result, i, column);
		err = row ? row(arg, columns, (size_t)fields) : 0;
	}
	return err ?: rows;
}

static int result_take(const struct postgres *postgres, const PGresult *result, row_fn *row,
		       void *arg)
{
	switch (PQresultStatus(result)) {
	case PGRES_COMMAND_OK:
		return atoi(PQcmdTuples((PGresult *)result));
	case PGRES_TUPLES_OK:
		return rows_give(result, row, arg);
	default:
		return complain(postgres);
	}
}

static int postgres_run(void *state, enum statement statement, const char *text,
			const struct value *parameters, size_t count, row_fn *row, void *arg)
{
	struct postgres *postgres = state;
	struct sent sent = {.types = {0}};
	PGresult *result;
	int err = connection_mend(postgres, statement);

	if (err)
		return statement == ROLLBACK_WORK ? 0 : err;
	for (size_t i = 0; i < count; i++)
		parameter_send(&sent, i, &parameters[i]);
	result = PQexecParams(postgres->connection, text, (int)count, sent.types, sent.values,
			      sent.lengths, sent.formats, BINARY);
	err = result_take(postgres, result, row, arg);
	PQclear(result);
	return err;
}

const struct database_kind postgres_kind = {
	.words = {[WORD_BYTES] = "BYTEA",
		  [WORD_NOW] = "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)",
		  [WORD_LOCK] = " FOR UPDATE",
		  [WORD_WRITE] = ""},
	.begin = postgres_open,
	.run_text = postgres_run_text,
	.run = postgres_run,
	.close = postgres_close,
};
