/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is said to a collector: each half that it has not, and what it has, which only it can say.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/time.h"
#include "ship/ship_private.h"

#define TAKEN_NS INT64_C(60000000000) /* as long a broker may take to hand it on */

/* Our own key signs what a collector says to us. */
static void key_give(void *arg, const char *host, struct key *key)
{
	(void)host;
	*key = *(const struct key *)arg;
}

static struct message message_new(const struct ship *ship, enum message_kind kind, int64_t number)
{
	struct message message = {.kind = kind, .number = number};

	strcpy(message.host, ship->host);
	strcpy(message.store, numbers_store(ship->numbers));
	return message;
}

/* Whoever else may answer: it is the answer to that message, by who has the key. */
static bool is_answer(const struct message *state, const struct message *message)
{
	return state->kind == MESSAGE_STATE && !strcmp(state->host, message->host) &&
	       !strcmp(state->store, message->store) && !strcmp(state->nonce, message->nonce);
}

/* Returns 1 where the collector's state came back, 0 where a broker has it, or -errno. */
static int message_send(struct ship *ship, struct message *message, struct message *state,
			const char **why)
{
	struct reply reply;
	size_t size = 0;
	char *bytes = NULL;
	int err = nonce_new(message->nonce) ?: message_write(message, &ship->key, &bytes, &size);

	*why = err ? strerror(-err) : NULL;
	if (!err)
		err = sink_exchange(ship->sink, message, bytes, size, &reply, why);
	free(bytes);
	if (err || !reply.size)
		return err;
	if (!message_read(reply.bytes, reply.size, key_give, &ship->key, state) &&
	    is_answer(state, message))
		return 1;
	*why = "the answer is not signed by the collector whose key we have";
	return -EBADMSG;
}

static int state_ask(struct ship *ship, struct message *state, const char **why)
{
	struct message ask = message_new(ship, MESSAGE_ASK, numbers_last(ship->numbers));
	int got = message_send(ship, &ask, state, why);

	if (got < 0)
		return got;
	if (!got) {
		*why = "no collector answers";
		return -ETIMEDOUT;
	}
	ship->up_to = state->number;
	return 0;
}

/* Reads the half's file. Returns NULL with errno; 0: it is none that can be sent. */
static void *half_load(const struct ship *ship, const char *id, size_t *size)
{
	int fd = store_half_open(ship->store, id);
	struct stat st;
	void *bytes = NULL;

	if (fd < 0)
		return NULL;
	errno = 0;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size > 0 &&
	    st.st_size <= (off_t)MESSAGE_BODY_MAX)
		bytes = malloc((size_t)st.st_size);
	if (bytes && read(fd, bytes, (size_t)st.st_size) != st.st_size) {
		free(bytes);
		bytes = NULL;
	}
	*size = (size_t)st.st_size;
	close(fd);
	return bytes;
}

/* What the store has not any more is told, so that nobody waits for it. Returns as message_send().
 */
static int number_offer(struct ship *ship, int64_t number, struct message *state, const char **why)
{
	struct message message = message_new(ship, MESSAGE_HALF, number);
	const char *id = numbers_id(ship->numbers, number);
	void *bytes = id ? half_load(ship, id, &message.size) : NULL;
	int got;

	if (id && !bytes && errno && errno != ENOENT) {
		int err = -errno; /* it may be read another time */

		*why = strerror(-err);
		return err;
	}
	if (bytes) {
		strcpy(message.id, id);
		message.body = bytes;
	} else {
		message = message_new(ship, MESSAGE_GONE, number);
	}
	got = message_send(ship, &message, state, why);
	free(bytes);
	return got;
}

/* Offers what is missing of the state. Returns how many were offered, or -errno. */
static int64_t missing_offer(struct ship *ship, const struct message *state, const char **why)
{
	struct message after;
	int64_t offered = 0, last = numbers_last(ship->numbers);

	for (size_t i = 0; i < state->missing_count; i++) {
		const struct range *range = &state->missing[i];

		for (int64_t number = range->first; number <= range->last && number <= last;
		     number++) {
			int got;

			if (number <= ship->taken)
				continue;
			got = number_offer(ship, number, &after, why);
			if (got < 0)
				return got;
			if (!got)
				ship->taken = number;
			offered++;
		}
	}
	return offered;
}

/* A broker that has not handed it on for so long may have lost it. */
static void taken_forget(struct ship *ship)
{
	int64_t now_ns = time_now_ns();

	if (ship->taken <= ship->up_to)
		ship->taken_ns = now_ns;
	if (now_ns - ship->taken_ns < TAKEN_NS)
		return;
	ship->taken = 0;
	ship->taken_ns = now_ns;
}

/* The folder was put back to what it had been: its numbers were given to others since. */
static int numbers_again(struct ship *ship, const char **why)
{
	int err;

	diag("the collector has more than %" PRId64 " halves of this store: they get new numbers",
	     numbers_last(ship->numbers));
	err = numbers_restart(ship->numbers) ?: numbers_update(ship->numbers, ship->store);
	*why = err ? strerror(-err) : NULL;
	ship->taken = 0;
	return err;
}

int offer_all(struct ship *ship, const char **why)
{
	struct message state;
	int64_t offered, before;
	int err = numbers_update(ship->numbers, ship->store);

	*why = "the store";
	if (!err)
		err = state_ask(ship, &state, why);
	if (!err && state.number > numbers_last(ship->numbers))
		err = numbers_again(ship, why) ?: state_ask(ship, &state, why);
	taken_forget(ship);
	while (!err && ship->up_to < numbers_last(ship->numbers)) {
		offered = missing_offer(ship, &state, why);
		if (offered <= 0)
			return (int)offered;
		before = ship->up_to;
		err = state_ask(ship, &state, why);
		if (!err && ship->up_to <= before)
			return 0; /* nothing has come of it: later */
	}
	return err;
}
