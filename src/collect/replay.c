/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Takes what hosts' stores keep, as copied or mounted: for a database that was lost. A half goes
 * the way of a message that its host would send, so that it is the same half when the host sends
 * it, too. Nothing in the folders is changed.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "collect/collect_private.h"
#include "fleet/half_body.h"
#include "fleet/numbers.h"
#include "sandbox/confine.h"
#include "store/store.h"

#define BATCH_BYTES (16u << 20)

/* One folder's, which are taken some at a time. */
struct replay {
	struct intake *intake;
	const struct store *store;
	struct numbers *numbers;
	struct key key; /* the host's */
	char host[HOST_NAME];
	/* Whose numbers have those halves that have none yet: the host would give theirs to others.
	 */
	char unnumbered[SENDER_TEXT];
	int64_t unnumbered_last;
	struct taking takings[TAKINGS_MAX];
	size_t count, bytes;
	size_t halves, were_there, left; /* left: not taken */
	size_t files;
	int err; /* it does not go on */
};

static void batch_take(struct replay *replay)
{
	if (!replay->err)
		intake_take(replay->intake, replay->takings, replay->count);
	for (size_t i = 0; i < replay->count; i++) {
		struct taking *taking = &replay->takings[i];

		taking->err = replay->err ?: taking->err;
		if (taking->fault)
			diag("%s: not taken: %s", replay->host, message_fault_name(taking->fault));
		replay->left += taking->fault || taking->err;
		replay->err = taking->err ?: replay->err;
		free((void *)taking->bytes);
	}
	replay->count = replay->bytes = 0;
}

/* Adds the message to what is taken at once. Returns 0 or -errno. */
static int message_add(struct replay *replay, struct message *message)
{
	char *bytes;
	size_t size;
	int err = nonce_new(message->nonce) ?: message_write(message, &replay->key, &bytes, &size);

	if (err)
		return err;
	replay->takings[replay->count++] =
		(struct taking){.bytes = bytes, .size = size, .host = replay->host};
	replay->bytes += size;
	if (replay->count == TAKINGS_MAX || replay->bytes >= BATCH_BYTES)
		batch_take(replay);
	return 0;
}

/* Returns 1 where a half that has no number is there, as from an earlier replay; 0, or -errno. */
static int number_make(struct replay *replay, struct message *message)
{
	char sha256[SHA256_TEXT];
	int has;

	sha256_text(message->body, message->size, sha256);
	has = intake_has(replay->intake, replay->host, message->id, sha256);
	if (has)
		return has;
	strcpy(message->store, replay->unnumbered);
	message->number = ++replay->unnumbered_last;
	return 0;
}

static int half_replay(struct replay *replay, const struct half *half)
{
	struct message message = {.kind = MESSAGE_HALF,
				  .number = numbers_of(replay->numbers, half)};
	void *body = half_body_read(replay->store, half->id, &message.size);
	int has = 0;

	if (!body) {
		diag("%s: %s: %s", replay->host, half->id,
		     errno ? strerror(errno) : "is none that can be taken");
		replay->left++;
		return 0;
	}
	message.body = body;
	strcpy(message.host, replay->host);
	snprintf(message.id, sizeof(message.id), "%s", half->id);
	strcpy(message.store, numbers_store(replay->numbers));
	if (!message.number)
		has = number_make(replay, &message);
	if (!has)
		has = message_add(replay, &message);
	free(body);
	replay->were_there += has > 0;
	return has < 0 ? has : 0;
}

static bool half_take(void *arg, const struct half *half)
{
	struct replay *replay = arg;
	int err = half_replay(replay, half);

	replay->halves++;
	replay->err = replay->err ?: err;
	return !replay->err;
}

/* The folder's own name: what is in it cannot say whose it is. Returns 0 or -EINVAL. */
static int host_of(const char *folder, char host[HOST_NAME])
{
	size_t length = strlen(folder);
	const char *begin;

	while (length > 1 && folder[length - 1] == '/')
		length--;
	begin = memrchr(folder, '/', length);
	begin = begin ? begin + 1 : folder;
	length -= (size_t)(begin - folder);
	if (length < HOST_NAME)
		snprintf(host, HOST_NAME, "%.*s", (int)length, begin);
	if (length < HOST_NAME && message_host_is_valid(host))
		return 0;
	diag("%s: is not called as a host: that is whose store it is taken for", folder);
	return -EINVAL;
}

static bool file_count(void *arg, const char *id)
{
	struct replay *replay = arg;

	(void)id;
	replay->files++;
	return true;
}

static int folder_read(struct replay *replay, const char *folder)
{
	int err = nonce_new(replay->unnumbered);

	key_of_host(&replay->intake->key, replay->host, &replay->key);
	if (!err)
		err = store_each(replay->store, half_take, replay);
	replay->err = replay->err ?: err;
	batch_take(replay);
	if (!replay->err)
		replay->err = store_each_file(replay->store, file_count, replay);
	if (!replay->err && replay->files > replay->halves)
		diag("%s: %zu halves are not in its index, and were not taken", folder,
		     replay->files - replay->halves);
	return replay->err;
}

/* Returns whether all of it was taken. */
static bool replay_print(const struct replay *replay, const struct counts *before)
{
	const struct counts *counts = replay->intake->counts;
	size_t there = replay->were_there + counts->repeated - before->repeated;
	size_t left = replay->left + counts->conflicts - before->conflicts;

	printf("%s: %zu halves: %zu new, %zu were there, %zu not taken\n", replay->host,
	       replay->halves, replay->halves - there - left, there, left);
	return !left && replay->files <= replay->halves;
}

static enum status folder_replay(struct intake *intake, const char *folder)
{
	const struct counts before = *intake->counts;
	struct replay *replay = calloc(1, sizeof(*replay));
	struct store *store = NULL;
	enum status status = STATUS_FAILURE;
	int err = replay ? host_of(folder, replay->host) : -ENOMEM;

	if (!err) {
		store = store_open(folder);
		replay->intake = intake;
		replay->store = store;
		replay->numbers = store ? numbers_look(folder) : NULL;
		err = replay->numbers ? folder_read(replay, folder) : -EINVAL;
	}
	if (!err)
		status = replay_print(replay, &before) ? STATUS_OK : STATUS_INCOMPLETE;
	numbers_free(replay ? replay->numbers : NULL);
	store_free(store);
	free(replay);
	return status;
}

enum status collect_replay(const struct collect_settings *settings, char *const *folders,
			   size_t count)
{
	struct counts counts = {.repeated = 0};
	struct intake intake = {.counts = &counts};
	enum status status = STATUS_FAILURE;

	if (!collect_key(settings, &intake.key))
		intake.database = collect_database(settings);
	if (intake.database) {
		confine(CONFINE_CALLER);
		status = STATUS_OK;
	}
	for (size_t i = 0; intake.database && i < count; i++)
		status = status_worse(status, folder_replay(&intake, folders[i]));
	database_close(intake.database);
	return status;
}
