/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The collector's store: which kind of database, and its tables in this version. */
#include "collect/database.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "collect/database_private.h"

#define SCHEMA_VERSIONS                                                                            \
	"CREATE TABLE IF NOT EXISTS schema_version"                                                \
	" (one INTEGER NOT NULL PRIMARY KEY, version INTEGER NOT NULL)"

struct database {
	const struct database_kind *kind;
	void *state;
	char *texts[STATEMENTS];
};

struct value text_value(const char *text)
{
	if (!text)
		return NULL_VALUE;
	return (struct value){.type = VALUE_TEXT, .bytes = text, .size = strlen(text)};
}

const char *value_text(const struct value *value)
{
	return value->type == VALUE_TEXT ? value->bytes : "";
}

static bool is_postgres(const char *where)
{
	return !strncmp(where, "postgresql:", 11) || !strncmp(where, "postgres:", 9);
}

static int number_note(void *arg, const struct value *columns, size_t count)
{
	(void)count;
	*(int64_t *)arg = columns[0].number;
	return 0;
}

static int text_run(struct database *database, const char *text)
{
	char *replaced = statement_text(text, database->kind->words);
	int err = replaced ? database->kind->run_text(database->state, replaced) : -ENOMEM;

	free(replaced);
	return err;
}

/* In one transaction: of several collectors that begin at once one does it. */
static int schema_make(struct database *database)
{
	int64_t version = 0, steps = 0;
	struct value value;
	int err;

	while (schema_steps[steps])
		steps++;
	err = database_run(database, VERSION_MAKE, NULL, 0, NULL, NULL);
	if (err >= 0)
		err = database_run(database, VERSION_GET, NULL, 0, number_note, &version);
	if (err >= 0 && version > steps) {
		diag("the database is of a newer migtrace");
		return -ENOTSUP;
	}
	for (int64_t step = version; err >= 0 && step < steps; step++)
		err = text_run(database, schema_steps[step]);
	value = NUMBER_VALUE(steps);
	if (err >= 0 && version < steps)
		err = database_run(database, VERSION_SET, &value, 1, NULL, NULL);
	return err < 0 ? err : 0;
}

static int database_make(struct database *database)
{
	int err = text_run(database, SCHEMA_VERSIONS);

	err = err ?: database_begin(database);
	if (err)
		return err;
	err = schema_make(database);
	if (!err)
		return database_commit(database);
	database_rollback(database);
	return err;
}

struct database *database_open(const char *where)
{
	struct database *database = calloc(1, sizeof(*database));
	bool has_all = database;

	if (!database)
		return NULL;
	database->kind = is_postgres(where) ? &postgres_kind : &sqlite_kind;
	for (size_t i = 0; i < STATEMENTS; i++) {
		database->texts[i] = statement_text(statement_texts[i], database->kind->words);
		has_all = has_all && database->texts[i];
	}
	database->state = has_all ? database->kind->begin(where) : NULL;
	if (database->state && !database_make(database))
		return database;
	database_close(database);
	return NULL;
}

int database_run(struct database *database, enum statement statement,
		 const struct value *parameters, size_t count, row_fn *row, void *arg)
{
	return database->kind->run(database->state, statement, database->texts[statement],
				   parameters, count, row, arg);
}

int database_begin(struct database *database)
{
	int err = database_run(database, BEGIN_WORK, NULL, 0, NULL, NULL);

	return err < 0 ? err : 0;
}

int database_commit(struct database *database)
{
	int err = database_run(database, COMMIT_WORK, NULL, 0, NULL, NULL);

	if (err < 0)
		database_rollback(database);
	return err < 0 ? err : 0;
}

void database_rollback(struct database *database)
{
	database_run(database, ROLLBACK_WORK, NULL, 0, NULL, NULL);
}

void database_close(struct database *database)
{
	if (!database)
		return;
	if (database->state)
		database->kind->close(database->state);
	for (size_t i = 0; i < STATEMENTS; i++)
		free(database->texts[i]);
	free(database);
}
