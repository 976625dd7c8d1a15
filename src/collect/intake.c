/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Takes what hosts say into the database: each number once, for ever. */
#include "collect/intake.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/diag.h"

static void key_give(void *arg, const char *host, struct key *key)
{
	key_of_host(arg, host, key);
}

/* Returns when the half began, by its id, s since the epoch; 0: that says nothing. */
static int64_t id_began(const char *id)
{
	struct tm tm = {0};
	const char *end = strptime(id, "%Y%m%dT%H%M%S", &tm);

	return end && *end == '-' ? (int64_t)timegm(&tm) : 0;
}

/* Writes what of the id is the domain's. */
static void id_domain(const char *id, char domain[HALF_ID])
{
	const char *begin = strchr(id, '-');
	size_t length = begin ? strcspn(begin + 1, "-") : 0;

	snprintf(domain, HALF_ID, "%.*s", (int)length, begin ? begin + 1 : "");
}

struct hash {
	char id[HALF_ID], sha256[SHA256_TEXT];
};

static int hash_note(void *arg, const struct value *columns, size_t count)
{
	struct hash *hash = arg;

	(void)count;
	snprintf(hash->id, sizeof(hash->id), "%s", value_text(&columns[0]));
	snprintf(hash->sha256, sizeof(hash->sha256), "%s", value_text(&columns[1]));
	return 0;
}

/* The number is there. What it is for cannot change, whoever says so. */
static int half_repeated(struct intake *intake, const struct message *message)
{
	struct value key[] = {text_value(message->host), text_value(message->store),
			      NUMBER_VALUE(message->number)};
	struct hash hash = {.id = ""};
	int err = database_run(intake->database, HALF_HASH, key, 3, hash_note, &hash);

	if (err < 0)
		return err;
	if (strcmp(hash.id, message->id) != 0 || strcmp(hash.sha256, message->sha256) != 0) {
		intake->counts->conflicts++;
		diag("%s: number %lld is not what it was: not taken", message->host,
		     (long long)message->number);
	} else {
		intake->counts->repeated++;
	}
	return 0;
}

static int half_add(struct intake *intake, const struct message *message)
{
	bool is_gone = message->kind == MESSAGE_GONE;
	char domain[HALF_ID];
	int added;

	id_domain(message->id, domain);
	added = database_run(
		intake->database, HALF_ADD,
		(struct value[]){text_value(message->host), text_value(message->store),
				 NUMBER_VALUE(message->number), text_value(message->id),
				 text_value(domain), NUMBER_VALUE(message_partition(message->id)),
				 NUMBER_VALUE(id_began(message->id)), text_value(message->sha256),
				 NUMBER_VALUE(is_gone ? HALF_GONE : HALF_NEW),
				 is_gone ? NULL_VALUE : BYTES_VALUE(message->body, message->size)},
		10, NULL, NULL);
	if (added < 0)
		return added;
	return added || is_gone ? 0 : half_repeated(intake, message);
}

/* The state while it is read: numbers in order. */
struct scan {
	struct message *state;
	int64_t next;
};

static int up_to_note(void *arg, const struct value *columns, size_t count)
{
	struct scan *scan = arg;

	(void)count;
	scan->state->number = columns[0].number;
	scan->next = columns[0].number + 1;
	return 0;
}

static void range_add(struct scan *scan, int64_t last)
{
	struct message *state = scan->state;

	if (scan->next <= last && state->missing_count < RANGES_MAX)
		state->missing[state->missing_count++] = (struct range){scan->next, last};
}

static int number_scan(void *arg, const struct value *columns, size_t count)
{
	struct scan *scan = arg;
	int64_t number = columns[0].number;

	(void)count;
	if (number == scan->state->number + 1 && !scan->state->missing_count)
		scan->state->number = number;
	range_add(scan, number - 1);
	scan->next = number + 1;
	return 0;
}

/* Says what is there of the numbers up to the last one, and notes it. */
static int state_make(struct intake *intake, const struct message *message, struct message *state)
{
	struct scan scan = {state, 1};
	struct value key[] = {text_value(message->host), text_value(message->store), NULL_VALUE};
	int err;

	*state = (struct message){.kind = MESSAGE_STATE};
	strcpy(state->host, message->host);
	strcpy(state->store, message->store);
	strcpy(state->nonce, message->nonce);
	err = database_run(intake->database, SENDER_GET, key, 2, up_to_note, &scan);
	key[2] = NUMBER_VALUE(state->number);
	if (err >= 0)
		err = database_run(intake->database, NUMBERS_ABOVE, key, 3, number_scan, &scan);
	range_add(&scan, message->number);
	key[2] = NUMBER_VALUE(state->number);
	if (err >= 0)
		err = database_run(intake->database, SENDER_SET, key, 3, NULL, NULL);
	return err < 0 ? err : 0;
}

static int message_store(struct intake *intake, const struct message *message,
			 struct message *state)
{
	int err = database_begin(intake->database);

	if (err)
		return err;
	if (message->kind != MESSAGE_ASK)
		err = half_add(intake, message);
	if (!err)
		err = state_make(intake, message, state);
	if (!err)
		return database_commit(intake->database);
	database_rollback(intake->database);
	return err;
}

static int answer_make(const struct intake *intake, const struct message *state,
		       struct answer *answer)
{
	struct key key;

	key_of_host(&intake->key, state->host, &key);
	return message_write(state, &key, &answer->bytes, &answer->size);
}

enum message_fault intake_take(struct intake *intake, const void *bytes, size_t size,
			       const char *host, struct answer *answer, int *err)
{
	struct message message, state = {.kind = MESSAGE_STATE};
	enum message_fault fault = message_read(bytes, size, key_give, &intake->key, &message);

	*err = 0;
	if (!fault && host && strcmp(host, message.host) != 0)
		fault = MESSAGE_FOREIGN;
	if (!fault && message.kind == MESSAGE_STATE)
		fault = MESSAGE_MALFORMED;
	if (fault) {
		intake->counts->dropped[fault]++;
		return fault;
	}
	intake->counts->messages[message.kind]++;
	*err = message_store(intake, &message, &state);
	if (!*err && answer)
		*err = answer_make(intake, &state, answer);
	return MESSAGE_OK;
}
