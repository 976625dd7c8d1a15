/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is said to a collector: each half that it has not, and what it has, which only it can say.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/time.h"
#include "fleet/half_body.h"
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

/* What the store has not any more is told, so that nobody waits for it. Returns as message_send().
 */
static int number_offer(struct ship *ship, int64_t number, struct message *state, const char **why)
{
	struct message message = message_new(ship, MESSAGE_HALF, number);
	const char *id = numbers_id(ship->numbers, number);
	void *bytes = id ? half_body_read(ship->store, id, &message.size) : NULL;
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

static bool is_too_large(const struct ship *ship, int64_t number)
{
	for (size_t i = 0; i < ship->too_large_count; i++)
		if (ship->too_large[i] == number)
			return true;
	return false;
}

/* Said once: it is offered again, as the bus may take more some day. */
static void too_large_note(struct ship *ship, int64_t number, const char *why)
{
	if (is_too_large(ship, number) || ship->too_large_count == RANGES_MAX)
		return;
	ship->too_large[ship->too_large_count++] = number;
	diag("%s: not sent: %s", numbers_id(ship->numbers, number) ?: "", why);
}

/* Offers one that is missing, unless a broker has it. Returns as message_send(), or -EALREADY. */
static int missing_one(struct ship *ship, int64_t number, struct message *after, const char **why)
{
	bool is_taken = number <= ship->taken && !is_too_large(ship, number);
	int got = is_taken ? -EALREADY : number_offer(ship, number, after, why);

	if (!got && ship->taken < number)
		ship->taken = number;
	if (got == -EMSGSIZE)
		too_large_note(ship, number, *why);
	ship->pending += got == 0 || got == -EALREADY;
	return got;
}

/*
 * Offers what is missing of the state, which becomes what the collector has then, where that is
 * known: *is_new. One that no way takes does not keep the others. Returns how many were offered, or
 * -errno.
 */
static int64_t missing_offer(struct ship *ship, struct message *state, bool *is_new,
			     const char **why)
{
	const struct message missing = *state;
	int64_t offered = 0, last = numbers_last(ship->numbers);

	*is_new = false;
	ship->pending = 0;
	for (size_t i = 0; i < missing.missing_count; i++) {
		const struct range *range = &missing.missing[i];

		for (int64_t number = range->first; number <= range->last && number <= last;
		     number++) {
			int got = missing_one(ship, number, state, why);

			if (got < 0 && got != -EALREADY && got != -EMSGSIZE)
				return got;
			offered += got >= 0;
			*is_new = got == 1 && number == last;
		}
	}
	return offered;
}

/* A broker that has not handed it on for so long may have lost it. */
static void taken_forget(struct ship *ship)
{
	int64_t now_ns = time_now_ns();

	if (!ship->pending)
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
	bool is_new;
	int err = numbers_update(ship->numbers, ship->store);

	*why = "the store";
	if (!err)
		err = state_ask(ship, &state, why);
	if (!err && state.number > numbers_last(ship->numbers))
		err = numbers_again(ship, why) ?: state_ask(ship, &state, why);
	taken_forget(ship);
	ship->pending = 0;
	while (!err && ship->up_to < numbers_last(ship->numbers)) {
		offered = missing_offer(ship, &state, &is_new, why);
		if (offered <= 0)
			return (int)offered;
		before = ship->up_to;
		err = is_new ? 0 : state_ask(ship, &state, why);
		if (!err)
			ship->up_to = state.number;
		if (!err && ship->up_to <= before)
			return 0; /* nothing has come of it: later */
	}
	if (!err) /* it has all */
		ship->pending = 0;
	return err;
}
