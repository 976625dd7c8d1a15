/* SPDX-License-Identifier: GPL-2.0-or-later */
/* migtrace diff: what changed between two migrations, or from what is usual. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/memory.h"
#include "cmd/commands.h"
#include "cmd/follow.h"
#include "cmd/reading.h"
#include "core/account/usual.h"
#include "report/diff.h"
#include "report/terminal.h"
#include "sandbox/confine.h"

#define HALVES_NAMED 64
#define ROLE_TEXT    16

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
	char *names[HALVES_NAMED], *list = memory_needed(strdup(name)), *rest = list;
	size_t count = 0;

	operand->name = name;
	operand->measured = memory_needed(calloc(1, sizeof(*operand->measured)));
	while (rest && count < HALVES_NAMED)
		names[count++] = strsep(&rest, ",");
	operand->follow = follow_open(names, count, store);
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

static enum status compared_print(const struct measured *first, size_t usual,
				  const struct measured *second)
{
	FILE *out = text_open(stdout);
	int err = diff_print(out, first, usual, second);

	text_close(out, stdout);
	return err ? STATUS_FAILURE : STATUS_OK;
}

static enum status operands_compare(struct operand operands[2])
{
	enum status status = STATUS_OK;

	confine(CONFINE_READER);
	for (size_t i = 0; i < 2; i++) {
		if (operand_read(&operands[i]))
			return STATUS_FAILURE;
		status = status_worse(status, operand_check(&operands[i]));
	}
	return status == STATUS_OK ? compared_print(operands[0].measured, 0, operands[1].measured)
				   : status;
}

/* The halves of the same hosts, as one of them saw them, before the one with that id. */
struct before {
	const char *id;
	char host[HOST_NAME], peer[HOST_NAME], role[ROLE_TEXT];
	bool is_found;
	char ids[USUAL_MAX][HALF_ID];
	size_t count;
};

static bool sought_note(void *arg, const struct half *half)
{
	struct before *before = arg;

	before->is_found = !strcmp(half->id, before->id);
	if (!before->is_found)
		return true;
	snprintf(before->host, sizeof(before->host), "%s", half->host);
	snprintf(before->peer, sizeof(before->peer), "%s", half->peer);
	snprintf(before->role, sizeof(before->role), "%s", half->role);
	return false;
}

/* Of more than there is room for the last ones. */
static bool before_note(void *arg, const struct half *half)
{
	struct before *before = arg;

	if (!strcmp(half->id, before->id))
		return false;
	if (strcmp(half->host, before->host) != 0 || strcmp(half->peer, before->peer) != 0 ||
	    strcmp(half->role, before->role) != 0 || strcmp(half->outcome, "completed") != 0)
		return true;
	if (before->count == USUAL_MAX)
		memmove(before->ids[0], before->ids[1], sizeof(before->ids[0]) * --before->count);
	strcpy(before->ids[before->count++], half->id); /* of a length that was checked */
	return true;
}

static bool before_find(struct before *before, const char *path)
{
	struct store *store = store_open(path);
	bool is_read = store && !store_each(store, sought_note, before) && before->is_found &&
		       !store_each(store, before_note, before);

	if (store && !before->is_found)
		diag("%s: no such half in %s", before->id, path);
	else if (is_read && !before->count)
		diag("%s: no migration before it from %s to %s, so that nothing is usual",
		     before->id, before->role[0] == 's' ? before->host : before->peer,
		     before->role[0] == 's' ? before->peer : before->host);
	store_free(store);
	return is_read && before->count;
}

/* Compares the last operand with what is usual of the others: those that can be read. */
static enum status usual_compare(struct operand *operands, size_t count)
{
	const struct measured *measured[USUAL_MAX];
	struct operand *one = &operands[count];
	struct measured *usual = memory_needed(calloc(1, sizeof(*usual)));
	enum status status = STATUS_FAILURE;
	size_t read = 0;

	confine(CONFINE_READER);
	for (size_t i = 0; i < count; i++)
		if (!operand_read(&operands[i]) && operands[i].migrations == 1)
			measured[read++] = operands[i].measured;
	if (read && !operand_read(one))
		status = operand_check(one);
	if (status == STATUS_OK) {
		measured_usual(measured, read, usual);
		status = compared_print(usual, read, one->measured);
	}
	free(usual);
	return status;
}

static enum status usual_diff(const char *id, const char *store)
{
	struct operand operands[USUAL_MAX + 1] = {{0}};
	struct before before = {.id = id};
	enum status status = STATUS_INCOMPLETE;
	size_t opened = 0;

	if (!before_find(&before, store ?: STORE_PATH))
		return status;
	while (opened < before.count && operand_open(&operands[opened], before.ids[opened], store))
		opened++;
	if (opened == before.count && operand_open(&operands[opened], id, store))
		status = usual_compare(operands, before.count);
	for (size_t i = 0; i <= USUAL_MAX; i++)
		operand_close(&operands[i]);
	return status;
}

enum status cmd_diff(const struct options *options)
{
	struct operand operands[2] = {{0}, {0}};
	const char *store = options->report.reading.store;
	enum status status = STATUS_FAILURE;

	if (options->file_count == 1 && half_id_is_valid(options->files[0]))
		return usual_diff(options->files[0], store);
	if (options->file_count != 2) {
		diag("diff takes two migrations: ids or files; both halves of one as A,B; or the "
		     "id "
		     "of one, which is compared with what is usual");
		return STATUS_USAGE;
	}
	if (operand_open(&operands[0], options->files[0], store) &&
	    operand_open(&operands[1], options->files[1], store))
		status = operands_compare(operands);
	for (size_t i = 0; i < 2; i++)
		operand_close(&operands[i]);
	return status;
}
