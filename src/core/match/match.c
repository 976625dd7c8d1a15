/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which sides are one migration: matched by what both hosts have seen, never guessed. */
#include "core/match/match.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* By how much two recorders of one host may differ on when something was, by its wall clock. */
#define SAME_NS INT64_C(100000000)

/*
 * The cookie that Run hands to Finish: the same bytes at both ends, with time stamps in it, so
 * that a retry or the way back has another one.
 */
static bool key_cookie(const struct trace *trace, struct key *key)
{
	const struct side *side = trace->side;

	if (!side->cookie || !side->cookie->cookie.len)
		return false;
	key->words[0] = side->cookie->cookie.hash;
	key->words[1] = side->cookie->cookie.len;
	return true;
}

/* The call of Prepare: number, serial and both lengths, which both ends of the connection see. */
static bool key_rpc(const struct trace *trace, struct key *key)
{
	const struct mt_event *reply = trace->prepared;

	if (!reply)
		return false;
	key->words[0] = reply->rpc.proc;
	key->words[1] = reply->rpc.serial;
	key->words[2] = reply->rpc.call_len;
	key->words[3] = reply->rpc.len;
	return true;
}

/* The same at both ends, but no other at the next attempt of the same guest. */
static bool key_begin(const struct trace *trace, struct key *key)
{
	if (!trace->begun)
		return false;
	key->words[0] = trace->begun->cookie.hash;
	key->words[1] = trace->begun->cookie.len;
	return true;
}

/*
 * What repeats from one migration of a guest to the next, as the call of a fresh connection does:
 * it joins sides only with something else that is in favour, and nothing against.
 */
static const struct way {
	const char *name;
	bool (*key)(const struct trace *trace, struct key *key);
} ways[] = {
	{"cookie", key_cookie},
	{"rpc", key_rpc},
	{"begin cookie", key_begin},
};

static int keyed_compare(const void *a, const void *b)
{
	const struct keyed *x = a, *y = b;
	int by_key = memcmp(&x->key, &y->key, sizeof(x->key));

	if (by_key)
		return by_key;
	if (x->trace->side->role != y->trace->side->role)
		return x->trace->side->role < y->trace->side->role ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

static struct migration *migration_of(const struct match *match, const struct keyed *keyed)
{
	assert(keyed->index < match->migrations->count);
	return &match->migrations->migration[keyed->index];
}

bool match_is_free(const struct match *match, const struct keyed *keyed)
{
	const struct migration *migration = migration_of(match, keyed);

	return !migration->matched && !migration->is_doubled &&
	       (migration->source || migration->destination);
}

struct pair match_pair(const struct keyed *source, const struct keyed *destination)
{
	assert(source->trace->side->role == ROLE_SOURCE);
	assert(destination->trace->side->role == ROLE_DESTINATION);
	return (struct pair){source->trace, destination->trace};
}

void match_join(struct match *match, const struct keyed *source, const struct keyed *destination)
{
	struct migration *first = migration_of(match, source);
	struct sure *sure = &match->sure[match->sure_count];

	assert(match_is_free(match, source) && match_is_free(match, destination));
	assert(first->source == source->trace->side && !first->destination);
	if (match->way == &ways[0]) {
		*sure = (struct sure){.pair = match_pair(source, destination)};
		memcpy(sure->uuid, source->key.uuid, MT_UUID);
		match->sure_count++;
	}
	first->destination = destination->trace->side;
	first->matched = match->way->name;
	*migration_of(match, destination) = (struct migration){0};
	match->joined++;
}

static bool are_of_one_time(const struct trace *a, const struct trace *b)
{
	for (int turn = 0; turn < TURNS; turn++) {
		int64_t apart_ns = recording_real_ns(a->side->recording, a->turn_ns[turn]) -
				   recording_real_ns(b->side->recording, b->turn_ns[turn]);

		if (a->turn_ns[turn] && b->turn_ns[turn])
			return apart_ns < SAME_NS && -apart_ns < SAME_NS;
	}
	return false;
}

/* The same daemon's call at the same time, in two recordings of its host. */
static bool is_same_side(const struct trace *a, const struct trace *b, bool has_cookie)
{
	if (a->side->recording == b->side->recording)
		return false;
	if (has_cookie)
		return true;
	return a->side->events[0]->tgid == b->side->events[0]->tgid && a->daemon && b->daemon &&
	       !strcmp(a->daemon->host, b->daemon->host) &&
	       !strcmp(a->daemon->hostuuid, b->daemon->hostuuid) && are_of_one_time(a, b);
}

/* Of a side that two recordings have it is not known which one is right. */
static void duplicates_mark(struct match *match, const struct keyed *keyed, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		struct migration *before = migration_of(match, &keyed[i - 1]);
		struct migration *migration = migration_of(match, &keyed[i]);

		if (!is_same_side(keyed[i - 1].trace, keyed[i].trace, match->way == &ways[0]))
			continue;
		assert(migration != before);
		migration->duplicate_of = keyed[i - 1].trace->side;
		migration->is_doubled = before->is_doubled = true;
	}
}

/* No other migration has the cookie. */
static void cookie_join(struct match *match, const struct run *run)
{
	struct pair pair;

	duplicates_mark(match, run->source, run->sources);
	duplicates_mark(match, run->destination, run->destinations);
	if (run->sources != 1 || run->destinations != 1)
		return;
	pair = match_pair(run->source, run->destination);
	if (!pair_is_of_one_host(&pair))
		match_join(match, run->source, run->destination);
}

static void duplicates_join(struct match *match, const struct run *run)
{
	duplicates_mark(match, run->source, run->sources);
	duplicates_mark(match, run->destination, run->destinations);
}

/* What is left of attempts that have not all ended may find the other side yet. */
static void open_mark(struct match *match, const struct run *run)
{
	size_t count = run->sources + run->destinations, ended = 0;

	for (size_t i = 0; i < count; i++)
		ended += side_has_ended(run->source[i].trace->side);
	assert(ended <= count);
	for (size_t i = 0; ended < count && i < count; i++)
		migration_of(match, &run->source[i])->is_open = true;
}

typedef void join_fn(struct match *match, const struct run *run);

/* Calls join for each run of the sides that are free and have the way's key. */
static void runs_join(struct match *match, const struct way *way, join_fn *join)
{
	struct keyed *keyed = match->keyed;
	size_t count = 0;

	match->way = way;
	for (size_t i = 0; i < match->migrations->count; i++) {
		struct keyed *next = &keyed[count];

		assert(count <= i);
		*next = (struct keyed){.trace = &match->traces[i], .index = i};
		if (!match_is_free(match, next) || !way->key(next->trace, &next->key))
			continue;
		memcpy(next->key.uuid, side_uuid(next->trace->side), MT_UUID);
		count++;
	}
	qsort(keyed, count, sizeof(*keyed), keyed_compare);
	for (size_t start = 0, end; start < count; start = end) {
		struct run run = {.source = keyed + start};

		for (end = start; end < count; end++) {
			if (memcmp(&keyed[start].key, &keyed[end].key, sizeof(struct key)) != 0)
				break;
			run.sources += keyed[end].trace->side->role == ROLE_SOURCE;
		}
		run.destination = run.source + run.sources;
		run.destinations = end - start - run.sources;
		assert(run.sources + run.destinations == end - start && start < end);
		join(match, &run);
	}
}

static void weak_join(struct match *match, join_fn *join)
{
	for (size_t way = 1; way < sizeof(ways) / sizeof(ways[0]); way++)
		runs_join(match, &ways[way], join);
}

/* As long as that joins some: what is joined is no other's any more. */
static void only_join_all(struct match *match, bool only_ended, bool only_connected)
{
	size_t before;

	match->only_ended = only_ended;
	match->only_connected = only_connected;
	do {
		before = match->joined;
		weak_join(match, attempts_join);
	} while (match->joined > before);
}

static void match_all(struct match *match)
{
	const struct matching *matching = match->matching;

	runs_join(match, &ways[0], cookie_join);
	attempts_begin(match);
	weak_join(match, duplicates_join);
	for (size_t i = 0; i < match->migrations->count; i++)
		if (migration_side(&match->migrations->migration[i]) &&
		    !match->migrations->migration[i].matched)
			trace_connections(&match->traces[i]);
	for (int only_ended = matching->is_live; only_ended >= 0; only_ended--) {
		only_join_all(match, only_ended, true);
		if (!matching->has_forgotten)
			only_join_all(match, only_ended, false);
	}
	if (!matching->has_forgotten)
		weak_join(match, attempts_join_in_order);
	if (matching->is_live)
		weak_join(match, open_mark);
}

static void migrations_pack(struct migrations *migrations)
{
	size_t count = 0;

	for (size_t i = 0; i < migrations->count; i++)
		if (migration_side(&migrations->migration[i]))
			migrations->migration[count++] = migrations->migration[i];
	assert(count <= migrations->count);
	migrations->count = count;
}

static int match_init(struct match *match, const struct sides *sides, size_t count)
{
	struct migrations *migrations = match->migrations;
	size_t total = 0;

	for (size_t i = 0; i < count; i++)
		total += sides[i].count;
	/* One more: none is a list, too, that can be sorted and cut. */
	match->keyed = calloc(total + 1, sizeof(*match->keyed));
	match->traces = calloc(total + 1, sizeof(*match->traces));
	match->sure = calloc(total + 1, sizeof(*match->sure));
	migrations->migration = calloc(total + 1, sizeof(*migrations->migration));
	if (!match->keyed || !match->traces || !match->sure || !migrations->migration)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < sides[i].count; j++) {
			const struct side *side = &sides[i].side[j];
			struct migration *next = &migrations->migration[migrations->count];

			match->traces[migrations->count++] = trace_of(side);
			*(side->role == ROLE_SOURCE ? &next->source : &next->destination) = side;
		}
	}
	assert(migrations->count == total);
	return 0;
}

int migrations_match(const struct sides *sides, size_t count, const struct matching *matching,
		     struct migrations *migrations)
{
	struct match match = {.migrations = migrations, .matching = matching};
	int err;

	memset(migrations, 0, sizeof(*migrations));
	err = match_init(&match, sides, count);
	if (!err) {
		match_all(&match);
		migrations_pack(migrations);
	}
	free(match.keyed);
	free(match.traces);
	free(match.sure);
	return err;
}

bool migration_is_sure(const struct migration *migration)
{
	return migration->matched && !strcmp(migration->matched, ways[0].name);
}
