/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which halves are of one migration: matched by what both hosts have seen, never guessed. */
#ifndef MIGTRACE_CORE_MIGRATION_H
#define MIGTRACE_CORE_MIGRATION_H

#include <stddef.h>

#include "core/half.h"

struct migration {
	const struct half *source, *destination; /* NULL where not seen; at least one is */
	const char *matched;			 /* by what the halves are one; NULL for one half */
	/* The same half is in another recording, so that it is not sure which one is right. */
	bool is_doubled;
	/* Of one half: which other one belongs to it is seen when all that may are over. */
	bool is_open;
	const struct half *twin; /* the one that came before it, NULL for the first */
};

struct migrations {
	struct migration *migration; /* in order of their first events, by recording */
	size_t count;
};

/* What is known of the halves that are to be matched. */
struct matching {
	bool more_come;	    /* those that are not over may yet have something surer in common */
	bool has_forgotten; /* there were others, which are not there any more, and not over */
};

/*
 * Pairs the halves of all recordings: by the cookie that is handed over, or by what repeats from
 * one attempt to the next, where something else speaks for it, and nothing against (core/pair.h).
 * Returns 0 or -ENOMEM; migrations_free() frees in both cases. The migrations point into halves.
 */
int migrations_match(const struct halves *halves, size_t count, const struct matching *matching,
		     struct migrations *migrations);

void migrations_free(struct migrations *migrations);

/* Returns whether its halves have in common what no other migration can have. */
bool migration_is_sure(const struct migration *migration);

/* Returns the source's half, or the destination's where that was not seen. */
const struct half *migration_half(const struct migration *migration);

/* Returns the domain's UUID, 16 bytes. */
const uint8_t *migration_uuid(const struct migration *migration);

/*
 * Returns when it began by the source's wall clock, ns, else by the destination's: for people to
 * find it by, not for figures.
 */
int64_t migration_real_ns(const struct migration *migration);

#endif
