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
	int64_t lacks;		    /* numbers that were left out, and later ones are there */
	int64_t noted, noted_lacks; /* in the sender's row; -1: there is none */
};

static int sender_note(void *arg, const struct value *columns, size_t count)
{
	struct scan *scan = arg;

	(void)count;
	scan->state->number = scan->noted = columns[0].number;
	scan->noted_lacks = columns[1].number;
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
	scan->lacks += number - scan->next;
	scan->next = number + 1;
	return 0;
}

/* Says what is there of the numbers up to the last one, and notes it where that is new. */
static int state_make(struct intake *intake, const struct message *message, struct message *state)
{
	struct scan scan = {.state = state, .next = 1, .noted = -1};
	struct value key[] = {text_value(message->host), text_value(message->store), NULL_VALUE,
			      NULL_VALUE};
	int err;

	*state = (struct message){.kind = MESSAGE_STATE};
	strcpy(state->host, message->host);
	strcpy(state->store, message->store);
	strcpy(state->nonce, message->nonce);
	err = database_run(intake->database, SENDER_GET, key, 2, sender_note, &scan);
	key[2] = NUMBER_VALUE(state->number);
	if (err >= 0)
		err = database_run(intake->database, NUMBERS_ABOVE, key, 3, number_scan, &scan);
	range_add(&scan, message->number);
	key[2] = NUMBER_VALUE(state->number);
	key[3] = NUMBER_VALUE(scan.lacks);
	if (err >= 0 && (scan.noted != state->number || scan.noted_lacks != scan.lacks))
		err = database_run(intake->database, SENDER_SET, key, 4, NULL, NULL);
	return err < 0 ? err : 0;
}

static int answer_make(const struct intake *intake, const struct message *state,
		       struct answer *answer)
{
	struct key key;

	key_of_host(&intake->key, state->host, &key);
	return message_write(state, &key, &answer->bytes, &answer->size);
}

static bool is_last_of_sender(const struct taking *takings, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (!takings[i].fault &&
		    !strcmp(takings[i].message.store, takings[0].message.store) &&
		    !strcmp(takings[i].message.host, takings[0].message.host))
			return false;
	return true;
}

static int taking_store(struct intake *intake, struct taking *takings, size_t count)
{
	struct taking *taking = &takings[0];
	struct message state;
	int err = 0;

	if (taking->message.kind != MESSAGE_ASK)
		err = half_add(intake, &taking->message);
	if (err || (!taking->wants_answer && !is_last_of_sender(takings, count)))
		return err;
	err = state_make(intake, &taking->message, &state);
	if (!err && taking->wants_answer)
		err = answer_make(intake, &state, &taking->answer);
	return err;
}

/* All of it, or nothing: what was counted, too. Returns 0, or -errno; *is_away: there is no
 * database to be had. */
static int takings_store(struct intake *intake, struct taking *takings, size_t count, bool *is_away)
{
	const struct counts before = *intake->counts;
	int err = database_begin(intake->database);

	*is_away = err;
	for (size_t i = 0; !err && i < count; i++)
		if (!takings[i].fault)
			err = taking_store(intake, takings + i, count - i);
	if (!*is_away && err)
		database_rollback(intake->database);
	else if (!err)
		err = database_commit(intake->database);
	if (err)
		*intake->counts = before;
	for (size_t i = 0; i < count; i++) {
		takings[i].err = takings[i].fault ? 0 : err;
		if (err) {
			free(takings[i].answer.bytes);
			takings[i].answer = (struct answer){NULL, 0};
		}
	}
	return err;
}

static void taking_read(struct intake *intake, struct taking *taking)
{
	taking->err = 0;
	taking->answer = (struct answer){NULL, 0};
	taking->fault =
		message_read(taking->bytes, taking->size, key_give, &intake->key, &taking->message);
	if (!taking->fault && taking->host && strcmp(taking->host, taking->message.host) != 0)
		taking->fault = MESSAGE_FOREIGN;
	if (!taking->fault && taking->message.kind == MESSAGE_STATE)
		taking->fault = MESSAGE_MALFORMED;
	if (taking->fault)
		intake->counts->dropped[taking->fault]++;
	else
		intake->counts->messages[taking->message.kind]++;
}

void intake_take(struct intake *intake, struct taking *takings, size_t count)
{
	bool is_away = false, has_one = false;

	for (size_t i = 0; i < count; i++) {
		taking_read(intake, &takings[i]);
		has_one |= !takings[i].fault;
	}
	if (!has_one || !takings_store(intake, takings, count, &is_away))
		return;
	for (size_t i = 0; count > 1 && !is_away && i < count; i++)
		if (!takings[i].fault)
			takings_store(intake, &takings[i], 1, &is_away);
}

int intake_has(struct intake *intake, const char *host, const char *id, const char *sha256)
{
	const struct value key[] = {text_value(host), text_value(id), text_value(sha256)};
	int found = database_run(intake->database, HALF_THERE, key, 3, NULL, NULL);

	return found > 0 ? 1 : found;
}
