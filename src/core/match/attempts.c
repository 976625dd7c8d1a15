/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which sides belong together that have in common only what each attempt repeats. */
#include "core/match/match.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* How far the wall clocks of hosts may be apart whose attempts nothing surer joins. */
#define WALL_CLOCKS_NS INT64_C(10000000000)

static int sure_compare(const void *a, const void *b)
{
	return memcmp(((const struct sure *)a)->uuid, ((const struct sure *)b)->uuid, MT_UUID);
}

void attempts_begin(struct match *match)
{
	qsort(match->sure, match->sure_count, sizeof(*match->sure), sure_compare);
}

/* Returns the index of the first sure pair that is not of a UUID before that one. */
static size_t sure_first(const struct match *match, const uint8_t *uuid)
{
	size_t lo = 0, hi = match->sure_count;

	while (lo < hi) {
		size_t middle = lo + (hi - lo) / 2;

		assert(middle < hi);
		if (memcmp(match->sure[middle].uuid, uuid, MT_UUID) < 0)
			lo = middle + 1;
		else
			hi = middle;
	}
	return lo;
}

/* Returns what the sure pairs of the domain say of the clocks that this one would need. */
static enum pair_agrees sure_agree(const struct match *match, const struct pair *pair)
{
	const uint8_t *uuid = side_uuid(pair->source->side);
	enum pair_agrees agrees = PAIR_INDEPENDENT;

	for (size_t i = sure_first(match, uuid);
	     i < match->sure_count && !memcmp(match->sure[i].uuid, uuid, MT_UUID); i++) {
		enum pair_agrees by_this = pair_agrees(pair, &match->sure[i].pair);

		if (by_this == PAIR_CONTRADICTS)
			return by_this;
		agrees = by_this == PAIR_AGREES ? by_this : agrees;
	}
	return agrees;
}

/* Returns whether more than the key is in favour of it, and nothing against. */
static bool is_supported(const struct match *match, const struct pair *pair, int64_t tolerance_ns)
{
	enum pair_agrees agrees;

	if (!pair_is_possible(pair))
		return false;
	agrees = sure_agree(match, pair);
	if (agrees == PAIR_CONTRADICTS)
		return false;
	return pair_is_connected(pair) || agrees == PAIR_AGREES ||
	       recordings_share_clock(pair->source->side->recording,
				      pair->destination->side->recording) ||
	       pair_is_of_one_time(pair, tolerance_ns);
}

static bool is_candidate(const struct match *match, const struct keyed *source,
			 const struct keyed *destination)
{
	struct pair pair = match_pair(source, destination);

	assert(pair.source->side->role == ROLE_SOURCE);
	assert(pair.destination->side->role == ROLE_DESTINATION);
	if (!match_is_free(match, source) || !match_is_free(match, destination))
		return false;
	if (match->only_ended &&
	    !(side_has_ended(pair.source->side) && side_has_ended(pair.destination->side)))
		return false;
	if (match->only_connected && !pair_is_connected(&pair))
		return false;
	return is_supported(match, &pair, WALL_CLOCKS_NS);
}

/* Returns the only one that may be the source's, or NULL. */
static const struct keyed *only_destination(const struct match *match, const struct run *run,
					    const struct keyed *source)
{
	const struct keyed *found = NULL;

	for (size_t i = 0; i < run->destinations; i++) {
		if (!is_candidate(match, source, &run->destination[i]))
			continue;
		if (found)
			return NULL;
		found = &run->destination[i];
	}
	return found;
}

static bool is_only_source(const struct match *match, const struct run *run,
			   const struct keyed *destination)
{
	size_t count = 0;

	for (size_t i = 0; i < run->sources; i++)
		count += is_candidate(match, &run->source[i], destination);
	return count == 1;
}

/* Joins those of which each is the only one that may be the other's. */
void attempts_join(struct match *match, const struct run *run)
{
	for (size_t i = 0; i < run->sources; i++) {
		const struct keyed *destination = only_destination(match, run, &run->source[i]);

		if (destination && is_only_source(match, run, destination))
			match_join(match, &run->source[i], destination);
	}
}

/* Returns the shortest time from one to the next; 0 if they are not of one daemon, in order. */
static int64_t shortest_ns(const struct keyed *keyed, size_t count)
{
	int64_t shortest = INT64_MAX;

	for (size_t i = 1; i < count; i++) {
		const struct side *before = keyed[i - 1].trace->side, *side = keyed[i].trace->side;
		int64_t ns = (int64_t)(side->events[0]->ktime_ns - before->events[0]->ktime_ns);

		if (side->recording != before->recording ||
		    side->events[0]->tgid != before->events[0]->tgid || ns <= 0)
			return 0;
		shortest = ns < shortest ? ns : shortest;
	}
	assert(shortest > 0);
	return shortest;
}

/* Whether the recording lacks nothing of the domain from the first to the last. */
static bool is_whole(const struct keyed *keyed, size_t count)
{
	const struct side *first = keyed[0].trace->side, *last = keyed[count - 1].trace->side;

	assert(count && first->recording == last->recording);
	return !recording_hole(first->recording, side_uuid(first),
			       (int64_t)first->events[0]->ktime_ns,
			       (int64_t)last->events[last->count - 1]->ktime_ns);
}

/*
 * Attempts that show no more than that there were as many on both hosts are joined in their order,
 * if the wall clocks could not be mistaken for those of the next or the last one.
 */
void attempts_join_in_order(struct match *match, const struct run *run)
{
	int64_t tolerance_ns = WALL_CLOCKS_NS, ns;

	if (run->sources != run->destinations || run->sources < 2)
		return;
	ns = shortest_ns(run->source, run->sources) / 2;
	tolerance_ns = ns < tolerance_ns ? ns : tolerance_ns;
	ns = shortest_ns(run->destination, run->destinations) / 2;
	tolerance_ns = ns < tolerance_ns ? ns : tolerance_ns;
	if (!tolerance_ns || !is_whole(run->source, run->sources) ||
	    !is_whole(run->destination, run->destinations))
		return;
	for (size_t i = 0; i < run->sources; i++) {
		struct pair pair = match_pair(&run->source[i], &run->destination[i]);

		if (!pair_is_of_one_time(&pair, tolerance_ns) ||
		    !is_supported(match, &pair, tolerance_ns))
			return;
	}
	assert(tolerance_ns > 0 && tolerance_ns <= WALL_CLOCKS_NS);
	for (size_t i = 0; i < run->sources; i++)
		match_join(match, &run->source[i], &run->destination[i]);
}
