/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Halves that are over, and wait for what may still come: then they are put into the store. */
#include "keep/pending.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "keep/journal.h"
#include "keep/row.h"

/* Replies, libvirt's statistics, the last looks at the clocks: what the peer's half needs of it. */
#define PATIENCE_NS INT64_C(2000000000)

struct one {
	struct half_row row;
	const struct recording *recording;
	uint8_t uuid[MT_UUID];
	int64_t since_ns, due_ns;
	bool may_be_there; /* in the store, as far as it had come when a recorder ended */
};

struct pending {
	struct store *store;
	struct one **one; /* in order of their instants */
	size_t count;
};

struct pending *pending_new(struct store *store)
{
	struct pending *pending = calloc(1, sizeof(*pending));

	if (pending)
		pending->store = store;
	return pending;
}

/* A call may have come long before its worker began with it: what it says of the clocks rests on
 * the looks of then. */
static int64_t heard_since_ns(const struct side *side)
{
	uint64_t since_ns = side->events[0]->ktime_ns;

	for (int i = 0; i < PHASES; i++) {
		const struct mt_event *reply = side->phase[i].reply;

		if (reply && reply->earlier_ns && reply->earlier_ns < since_ns)
			since_ns = reply->earlier_ns;
	}
	return (int64_t)since_ns;
}

int pending_add(struct pending *pending, const struct account *account, enum role role,
		const struct spool *spool, int64_t now_ns)
{
	const struct side *side = account->side[role].side;
	struct one **more = reallocarray(pending->one, pending->count + 1, sizeof(*more));
	struct one *one = calloc(1, sizeof(*one));

	if (more)
		pending->one = more;
	if (!more || !one) {
		free(one);
		return -ENOMEM;
	}
	half_row_make(&one->row, account, role);
	one->recording = side->recording;
	one->since_ns = heard_since_ns(side);
	memcpy(one->uuid, side_uuid(side), MT_UUID);
	one->may_be_there = spool_was_there(spool, side->recording);
	one->due_ns = now_ns + PATIENCE_NS;
	pending->one[pending->count++] = one;
	return 0;
}

int64_t pending_due_ns(const struct pending *pending)
{
	return pending->count ? pending->one[0]->due_ns : INT64_MAX;
}

static int half_put(struct pending *pending, struct one *one, const struct spool *spool,
		    char id[HALF_ID])
{
	struct half_file *file = half_file_new(pending->store, &one->row.half, one->may_be_there);

	if (!file)
		return -errno;
	spool_copy(spool, one->recording, one->uuid, one->since_ns, file);
	return half_file_end(file, &one->row.half, id);
}

/* Where the disk is full old halves make room. */
static int half_put_surely(struct pending *pending, struct one *one, const struct spool *spool)
{
	char id[HALF_ID];
	int err = half_put(pending, one, spool, id);

	if ((err == -ENOSPC || err == -EDQUOT) && !store_trim(pending->store, true))
		err = half_put(pending, one, spool, id);
	if (err)
		diag("%s: its %s's half is lost: %s", one->row.name, one->row.half.role,
		     strerror(-err));
	else
		journal_half(&one->row.half);
	return err;
}

size_t pending_put(struct pending *pending, const struct spool *spool, int64_t now_ns)
{
	size_t lost = 0, done = 0;
	int err;

	for (; done < pending->count && pending->one[done]->due_ns <= now_ns; done++) {
		lost += half_put_surely(pending, pending->one[done], spool) != 0;
		free(pending->one[done]);
	}
	if (!done)
		return 0;
	pending->count -= done;
	memmove(pending->one, pending->one + done, pending->count * sizeof(*pending->one));
	err = store_trim(pending->store, false);
	if (err)
		diag("the store could not be brought within its limits: %s", strerror(-err));
	return lost;
}

void pending_free(struct pending *pending)
{
	if (!pending)
		return;
	for (size_t i = 0; i < pending->count; i++)
		free(pending->one[i]);
	free(pending->one);
	free(pending);
}
