/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How sides are matched: what core/match/match.c and attempts.c have in common. */
#ifndef MIGTRACE_CORE_MATCH_MATCH_H
#define MIGTRACE_CORE_MATCH_MATCH_H

#include "core/match/migration.h"
#include "core/match/pair.h"

/* What both sides of one migration have in common. */
struct key {
	uint8_t uuid[MT_UUID];
	uint64_t words[4];
};

struct keyed {
	struct key key;
	const struct trace *trace;
	size_t index; /* of the side's migration */
};

/* A pair that no other can be mistaken for. */
struct sure {
	uint8_t uuid[MT_UUID];
	struct pair pair;
};

/* Equal keys: the sources first, then the destinations. */
struct run {
	const struct keyed *source, *destination;
	size_t sources, destinations;
};

struct match {
	struct migrations *migrations;
	struct trace *traces; /* of each migration's side, by its index */
	struct keyed *keyed;
	const struct way *way;
	const struct matching *matching;
	bool only_ended, only_connected; /* of which pairs are looked for now */
	size_t joined;			 /* so far */
	struct sure *sure;		 /* by UUID, once all of them were joined */
	size_t sure_count;
};

/* Returns whether it is of no migration yet, and may be. */
bool match_is_free(const struct match *match, const struct keyed *keyed);

struct pair match_pair(const struct keyed *source, const struct keyed *destination);

void match_join(struct match *match, const struct keyed *source, const struct keyed *destination);

/* To be called once all pairs that are sure were joined. */
void attempts_begin(struct match *match);

/* Joins those of a run of equal keys of which each is the only one that may be the other's. */
void attempts_join(struct match *match, const struct run *run);

/* Joins what is left in the order in which it came, if nothing else can be meant. */
void attempts_join_in_order(struct match *match, const struct run *run);

#endif
