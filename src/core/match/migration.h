/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which sides are one migration: matched by what both hosts have seen, never guessed. */
#ifndef MIGTRACE_CORE_MATCH_MIGRATION_H
#define MIGTRACE_CORE_MATCH_MIGRATION_H

#include <stddef.h>

#include "core/side/side.h"

struct migration {
	const struct side *source, *destination; /* NULL where not seen; at least one is */
	const char *matched;			 /* by what the sides are one; NULL for one side */
	/* The same side is in another recording, so that it is not sure which one is right. */
	bool is_doubled;
	/* Of one side: which other one belongs to it is seen when all that may are over. */
	bool is_open;
	const struct side *duplicate_of; /* the one that came before it, NULL for the first */
};

struct migrations {
	struct migration *migration; /* in order of their first events, by recording */
	size_t count;
};

/* What is known of the sides that are to be matched. */
struct matching {
	bool is_live;	    /* those that are not over may yet have something surer in common */
	bool has_forgotten; /* there were others, which are not there any more, and not over */
};

/*
 * Pairs the sides of all recordings: by the cookie that is handed over, or by what repeats from
 * one attempt to the next, where something else speaks for it, and nothing against
 * (core/match/pair.h). Returns 0 or -ENOMEM; migrations_free() frees in both cases. The migrations
 * point into sides.
 */
int migrations_match(const struct sides *sides, size_t count, const struct matching *matching,
		     struct migrations *migrations);

void migrations_free(struct migrations *migrations);

/* Returns whether its sides have in common what no other migration can have. */
bool migration_is_sure(const struct migration *migration);

/* Returns the source's side, or the destination's where that was not seen. */
const struct side *migration_side(const struct migration *migration);

/* Returns the domain's UUID, 16 bytes. */
const uint8_t *migration_uuid(const struct migration *migration);

/*
 * Returns when it began by the source's wall clock, ns, else by the destination's: for people to
 * find it by, not for figures.
 */
int64_t migration_real_ns(const struct migration *migration);

#endif
