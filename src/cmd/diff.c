/* SPDX-License-Identifier: GPL-2.0-or-later */
/* migtrace diff: what changed between two migrations. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "cmd/commands.h"
#include "cmd/follow.h"
#include "cmd/reading.h"
#include "report/diff.h"
#include "report/terminal.h"
#include "sandbox/confine.h"

#define HALVES_NAMED 64

/* One of the two. */
struct operand {
	const char *name;
	struct follow *follow;
	struct measured *measured;
	size_t migrations;
};

static void migrations_take(void *arg, const struct migration *migrations, size_t count)
{
	struct operand *operand = arg;
	struct account account;

	operand->migrations += count;
	if (!count)
		return;
	account_make(&migrations[0], &(struct account_request){0}, &account);
	measured_take(&account, operand->measured);
}

/* Both halves of one may be named, with a comma between them. */
static bool operand_open(struct operand *operand, const char *name, const char *store)
{
	char *names[HALVES_NAMED], *list = strdup(name), *rest = list;
	size_t count = 0;

	operand->name = name;
	operand->measured = calloc(1, sizeof(*operand->measured));
	while (list && rest && count < HALVES_NAMED)
		names[count++] = strsep(&rest, ",");
	if (list && operand->measured)
		operand->follow = follow_open(names, count, store);
	else
		diag("out of memory");
	free(list);
	return operand->follow;
}

static int operand_read(struct operand *operand)
{
	struct correlator *correlator =
		correlator_new(READING_BYTES, READING_SIDE_EVENTS, migrations_take, operand);
	int err = correlator ? follow_all(operand->follow, correlator) ?: correlator_end(correlator)
			     : -ENOMEM;

	if (err == -ENOMEM)
		diag("out of memory");
	correlator_free(correlator);
	return err;
}

/* Which of several would be compared is not ours to choose. */
static enum status operand_check(const struct operand *operand)
{
	if (operand->migrations == 1)
		return STATUS_OK;
	if (!operand->migrations)
		diag("%s: no migration in it", operand->name);
	else
		diag("%s: %zu migrations in it, of which one has to be named: see migtrace import, "
		     "list",
		     operand->name, operand->migrations);
	return STATUS_INCOMPLETE;
}

static void operand_close(struct operand *operand)
{
	follow_close(operand->follow);
	free(operand->measured);
}

static enum status operands_compare(struct operand operands[2])
{
	enum status status = STATUS_OK;
	FILE *out;

	confine(CONFINE_READER);
	for (size_t i = 0; i < 2; i++) {
		if (operand_read(&operands[i]))
			return STATUS_FAILURE;
		status = status_worse(status, operand_check(&operands[i]));
	}
	if (status != STATUS_OK)
		return status;
	out = text_open(stdout);
	if (diff_print(out, operands[0].measured, operands[1].measured))
		status = STATUS_FAILURE;
	text_close(out, stdout);
	return status;
}

enum status cmd_diff(const struct options *options)
{
	struct operand operands[2] = {{0}, {0}};
	const char *store = options->report.reading.store;
	enum status status = STATUS_FAILURE;

	if (options->file_count != 2) {
		diag("diff takes two migrations: ids or files; both halves of one as A,B");
		return STATUS_USAGE;
	}
	if (operand_open(&operands[0], options->files[0], store) &&
	    operand_open(&operands[1], options->files[1], store))
		status = operands_compare(operands);
	for (size_t i = 0; i < 2; i++)
		operand_close(&operands[i]);
	return status;
}
