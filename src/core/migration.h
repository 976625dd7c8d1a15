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

/*
 * The cookie that Begin makes: attempts of one guest that do not get far have nothing else in
 * common, and may all have the same one.
 */
struct begun {
	uint8_t uuid[MT_UUID];
	uint64_t cookie_hash;
	uint64_t cookie_len;
};

/* Those of halves that were told of and are not there any more. */
struct told {
	struct begun *begun;
	size_t count, room;
	bool more_come; /* halves that are not over may yet have something surer in common */
};

/* Notes the half's. Returns 0 or -ENOMEM. */
int told_add(struct told *told, const struct half *half);

/*
 * Pairs the halves of all recordings. What is only unique among all that there are or were is not
 * used where one of those was told of before, or for NULL, which is not to know. Returns 0 or
 * -ENOMEM; migrations_free() frees in both cases. The migrations point into halves.
 */
int migrations_match(const struct halves *halves, size_t count, const struct told *told,
		     struct migrations *migrations);

void migrations_free(struct migrations *migrations);

/* Returns whether its halves have in common what no other migration can have. */
bool migration_is_sure(const struct migration *migration);

/* Returns the domain's UUID, 16 bytes. */
const uint8_t *migration_uuid(const struct migration *migration);

/*
 * Returns when it began by the source's wall clock, ns, else by the destination's: for people to
 * find it by, not for figures.
 */
int64_t migration_real_ns(const struct migration *migration);

#endif
