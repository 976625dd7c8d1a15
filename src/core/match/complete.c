/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a migration's report is complete: nothing that may still come can change it, but that a
 * post-copy which broke is resumed. */
#include "core/match/complete.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/match/flavour.h"
#include "core/match/outcome.h"
#include "core/side/spent.h"
#include "core/side/watched.h"
#include "core/side/window.h"

/* How many sides are waited for at once: a recorder may flood us with them. */
#define ENDED_MAX 1024
static_assert(ENDED_MAX < INT32_MAX / 2, "how many is an int");

/* A side of a migration that has ended. */
struct ended {
	const struct recording *recording;
	uint8_t uuid[MT_UUID];
	uint64_t last_ns; /* of its last event */
	int64_t seen_ns;  /* when that was first seen */
};

static enum pending side_pending(const struct side *side, const struct side *other)
{
	assert(side != other && side->role != other->role);
	if (ending_given_up(side, other).cause)
		return PENDING_NOTHING;
	if (!side_has_ended(side))
		return PENDING_END;
	if (!window_is_past(side))
		return PENDING_CLOCKS;
	if (watched_is_open(side))
		return PENDING_WATCHED;
	return side_has_numbers(side) ? PENDING_NOTHING : PENDING_NUMBERS;
}

enum pending migration_pending(const struct migration *migration)
{
	const struct side *source = migration->source, *destination = migration->destination;

	if (!source || !destination)
		return PENDING_OTHER_SIDE;
	return side_pending(source, destination) ?: side_pending(destination, source);
}

static bool is_ended(const struct ended *ended, const struct side *side)
{
	return ended->recording == side->recording &&
	       ended->last_ns == side->events[side->count - 1]->ktime_ns &&
	       !memcmp(ended->uuid, side_uuid(side), MT_UUID);
}

/* Returns when it was first seen that the side has ended. */
static int64_t ended_seen_ns(const struct waiting *waiting, const struct side *side, int64_t now_ns)
{
	for (size_t i = 0; i < waiting->count; i++)
		if (is_ended(&waiting->ended[i], side))
			return waiting->ended[i].seen_ns;
	return now_ns;
}

/* Whether every other recording was heard of after the side had ended, if it has. */
static bool is_heard_of(const struct waiting *waiting, const struct heard *heard,
			const struct side *side)
{
	int64_t ns = ended_seen_ns(waiting, side, heard->now_ns);

	for (size_t i = 0; side_has_ended(side) && i < heard->count; i++) {
		const struct recording *other = heard->recordings[i];

		if (other != side->recording && !other->joined && other->is_open &&
		    other->heard_ns <= ns)
			return false;
	}
	return true;
}

/* Whether what it has of its end can still change: QEMU may say late that the guest was started,
 * and of pages that it waited for. */
static bool side_changes_late(const struct side *side)
{
	return side->role == ROLE_DESTINATION &&
	       (!side->dst.done.known || side_had_status(side, STATUS_POSTCOPY));
}

/* Nothing of the other side is there. */
static enum pending alone_pending(const struct side *side)
{
	assert(side && side->count);
	if (!side_has_ended(side))
		return PENDING_END;
	if (!side->recording->is_open)
		return PENDING_NOTHING;
	if (!side_has_numbers(side))
		return PENDING_NUMBERS;
	if (watched_is_open(side))
		return PENDING_WATCHED;
	if (spent_is_open(side))
		return PENDING_VCPUS;
	return (side_changes_late(side) ? window_is_past(side) : side_is_looked_after(side))
		       ? PENDING_NOTHING
		       : PENDING_CLOCKS;
}

enum pending waiting_pending(const struct waiting *waiting, const struct heard *heard,
			     const struct migration *migration)
{
	const struct side *source = migration->source, *destination = migration->destination;
	bool is_pair = source && destination;
	enum pending pending =
		is_pair ? migration_pending(migration) : alone_pending(migration_side(migration));

	if (pending || (is_pair && migration_is_sure(migration)))
		return pending;
	if (migration->is_open || (source && !is_heard_of(waiting, heard, source)) ||
	    (destination && !is_heard_of(waiting, heard, destination)))
		return PENDING_OTHER_SIDE;
	return PENDING_NOTHING;
}

static int ended_add(struct ended *ended, const struct waiting *waiting, const struct side *side,
		     int64_t now_ns)
{
	if (!side || !side->ending.cause)
		return 0;
	assert(side->count && side->ending.cause < ENDINGS);
	*ended = (struct ended){.recording = side->recording,
				.last_ns = side->events[side->count - 1]->ktime_ns,
				.seen_ns = ended_seen_ns(waiting, side, now_ns)};
	memcpy(ended->uuid, side_uuid(side), MT_UUID);
	return 1;
}

int waiting_note(struct waiting *waiting, const struct heard *heard, const struct migration *stay,
		 size_t count)
{
	struct ended *ended = calloc(2 * count + 1, sizeof(*ended));
	int noted = 0;

	if (!ended)
		return -ENOMEM;
	for (size_t i = 0; i < count && noted < ENDED_MAX; i++) {
		noted += ended_add(&ended[noted], waiting, stay[i].source, heard->now_ns);
		noted += ended_add(&ended[noted], waiting, stay[i].destination, heard->now_ns);
	}
	assert(noted >= 0 && (size_t)noted <= 2 * count);
	free(waiting->ended);
	*waiting = (struct waiting){ended, (size_t)noted};
	return noted;
}

void waiting_free(struct waiting *waiting)
{
	free(waiting->ended);
	*waiting = (struct waiting){0};
}
