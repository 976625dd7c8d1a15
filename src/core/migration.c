/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which halves are of one migration: matched by what both hosts have seen, never guessed. */
#include "core/migration.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What both sides of one migration have in common, and no other migration has. */
struct key {
	uint8_t uuid[MT_UUID];
	uint64_t words[4];
};

struct keyed {
	struct key key;
	const struct half *half;
	size_t index; /* of the half's migration */
};

/*
 * The cookie that Run hands to Finish: the same bytes at both ends, with time stamps in it, so
 * that a retry or the way back has another one.
 */
static bool key_cookie(const struct half *half, struct key *key)
{
	if (!half->cookie || !half->cookie->cookie_len)
		return false;
	key->words[0] = half->cookie->cookie_hash;
	key->words[1] = half->cookie->cookie_len;
	return true;
}

static const struct mt_event *prepare_reply(const struct half *half)
{
	enum mt_kind kind = half->side == SIDE_SOURCE ? MT_RPC_CLIENT_RECEIVE : MT_RPC_SERVER_SEND;

	for (size_t i = 0; i < half->count; i++)
		if (half->events[i]->kind == kind && is_prepare_proc(half->events[i]->arg[4]))
			return half->events[i];
	return NULL;
}

/* The call of Prepare: number, serial and both lengths, which both ends of the connection see. */
static bool key_rpc(const struct half *half, struct key *key)
{
	const struct mt_event *reply = prepare_reply(half);

	if (!reply || !reply->call_len)
		return false;
	key->words[0] = reply->arg[4];
	key->words[1] = reply->arg[7];
	key->words[2] = reply->call_len;
	key->words[3] = reply->arg[1];
	return true;
}

/*
 * The cookie that Begin makes and Prepare gets: the same at both ends, but no other at the next
 * attempt of the same guest, so that only attempts which are alone in the recordings have it.
 */
static bool half_begun(const struct half *half, struct begun *begun)
{
	const struct mt_event *cookie = NULL;

	if (half->side == SIDE_SOURCE)
		cookie = half_first(half, MT_COOKIE_FORMAT, MT_RETURN, 0);
	else
		cookie = half_first(half, MT_PREPARE, MT_ENTER, 0);
	if (!cookie || !cookie->cookie_len)
		return false;
	*begun = (struct begun){.cookie_hash = cookie->cookie_hash,
				.cookie_len = cookie->cookie_len};
	memcpy(begun->uuid, half_uuid(half), MT_UUID);
	return true;
}

static bool key_begin(const struct half *half, struct key *key)
{
	struct begun begun;

	if (!half_begun(half, &begun))
		return false;
	key->words[0] = begun.cookie_hash;
	key->words[1] = begun.cookie_len;
	key->words[2] = 1; /* not a key of the other kind */
	return true;
}

static bool is_told(const struct told *told, const struct half *half)
{
	struct begun begun;

	if (!half_begun(half, &begun))
		return false;
	for (size_t i = 0; i < told->count; i++)
		if (!memcmp(&told->begun[i], &begun, sizeof(begun)))
			return true;
	return false;
}

int told_add(struct told *told, const struct half *half)
{
	struct begun begun, *more;
	size_t room = told->room ? told->room * 2 : 64;

	if (!half || !half_begun(half, &begun))
		return 0;
	if (told->count == told->room) {
		more = reallocarray(told->begun, room, sizeof(*more));
		if (!more)
			return -ENOMEM;
		told->begun = more;
		told->room = room;
	}
	told->begun[told->count++] = begun;
	return 0;
}

typedef bool key_fn(const struct half *half, struct key *key);

static const struct way {
	const char *name;
	key_fn *key;
	bool is_unique; /* two halves of one side that have it are one half seen twice */
} ways[] = {
	{"cookie", key_cookie, true},
	{"rpc", key_rpc, true},
	{"begin cookie", key_begin, false},
};

static int keyed_compare(const void *a, const void *b)
{
	const struct keyed *x = a, *y = b;
	int by_key = memcmp(&x->key, &y->key, sizeof(x->key));

	if (by_key)
		return by_key;
	if (x->half->side != y->half->side)
		return x->half->side < y->half->side ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

static const struct half *migration_half(const struct migration *migration)
{
	return migration->source ? migration->source : migration->destination;
}

/* Joins the halves of equal keys if there is one of each side; more than that are twins. */
static void run_join(struct migrations *migrations, const struct keyed *run, size_t count,
		     const struct way *way)
{
	struct migration *first = &migrations->migration[run[0].index];

	if (count == 2 && run[0].half->side != run[1].half->side) {
		first->destination = run[1].half;
		first->matched = way->name;
		migrations->migration[run[1].index] = (struct migration){0};
		return;
	}
	for (size_t i = 1; way->is_unique && i < count; i++) {
		if (run[i].half->side != run[i - 1].half->side)
			continue;
		migrations->migration[run[i].index].twin = run[i - 1].half;
		migrations->migration[run[i].index].is_doubled = true;
		migrations->migration[run[i - 1].index].is_doubled = true;
	}
}

/* Of several attempts, those that are over have nothing surer in common, the others may yet. */
static void over_join(struct migrations *migrations, const struct keyed *run, size_t count,
		      const struct way *way)
{
	struct keyed over[2];
	size_t over_count = 0;

	for (size_t i = 0; i < count; i++)
		if (run[i].half->is_over && over_count++ < 2)
			over[over_count - 1] = run[i];
	if (count > 2 && over_count == 2 && over[0].half->side != over[1].half->side) {
		run_join(migrations, over, 2, way);
		return;
	}
	for (size_t i = 0; over_count < count && i < count; i++)
		migrations->migration[run[i].index].is_open = true;
}

static void match_by(struct migrations *migrations, struct keyed *keyed, const struct way *way,
		     const struct told *told)
{
	size_t count = 0;

	for (size_t i = 0; i < migrations->count; i++) {
		const struct migration *migration = &migrations->migration[i];
		const struct half *half = migration_half(migration);
		struct key key = {0};

		if (!half || migration->matched || migration->is_doubled || !way->key(half, &key))
			continue;
		if (!way->is_unique && is_told(told, half))
			continue;
		memcpy(key.uuid, half_uuid(half), MT_UUID);
		keyed[count++] = (struct keyed){key, half, i};
	}
	qsort(keyed, count, sizeof(*keyed), keyed_compare);
	for (size_t start = 0, end; start < count; start = end) {
		for (end = start + 1; end < count; end++)
			if (memcmp(&keyed[start].key, &keyed[end].key, sizeof(struct key)))
				break;
		if (!way->is_unique && told->more_come)
			over_join(migrations, keyed + start, end - start, way);
		run_join(migrations, keyed + start, end - start, way);
	}
}

static void migrations_pack(struct migrations *migrations)
{
	size_t count = 0;

	for (size_t i = 0; i < migrations->count; i++)
		if (migration_half(&migrations->migration[i]))
			migrations->migration[count++] = migrations->migration[i];
	migrations->count = count;
}

int migrations_match(const struct halves *halves, size_t count, const struct told *told,
		     struct migrations *migrations)
{
	struct keyed *keyed;
	size_t total = 0;

	memset(migrations, 0, sizeof(*migrations));
	for (size_t i = 0; i < count; i++)
		total += halves[i].count;
	/* One more: none is a list, too, that can be sorted and cut. */
	keyed = calloc(total + 1, sizeof(*keyed));
	migrations->migration = calloc(total + 1, sizeof(*migrations->migration));
	if (!keyed || !migrations->migration) {
		free(keyed);
		return -ENOMEM;
	}
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < halves[i].count; j++) {
			const struct half *half = &halves[i].half[j];
			struct migration *next = &migrations->migration[migrations->count++];

			*(half->side == SIDE_SOURCE ? &next->source : &next->destination) = half;
		}
	}
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (ways[i].is_unique || told)
			match_by(migrations, keyed, &ways[i], told);
	free(keyed);
	migrations_pack(migrations);
	return 0;
}

bool migration_is_sure(const struct migration *migration)
{
	for (size_t i = 0; migration->matched && i < sizeof(ways) / sizeof(ways[0]); i++)
		if (!strcmp(migration->matched, ways[i].name))
			return ways[i].is_unique;
	return false;
}

void migrations_free(struct migrations *migrations)
{
	free(migrations->migration);
	memset(migrations, 0, sizeof(*migrations));
}

const uint8_t *migration_uuid(const struct migration *migration)
{
	return half_uuid(migration_half(migration));
}

int64_t migration_real_ns(const struct migration *migration)
{
	const struct half *half = migration_half(migration);

	return recording_real_ns(half->recording, (int64_t)half->events[0]->ktime_ns);
}
