/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What differs between two migrations: only what their bounds prove. */
#ifndef MIGTRACE_CORE_ACCOUNT_COMPARE_H
#define MIGTRACE_CORE_ACCOUNT_COMPARE_H

#include "core/account/account.h"

/* Of one migration what can be compared; it outlives the account. Strings are static. */
struct measured {
	char name[MT_TEXT], from[HOST_NAME], to[HOST_NAME];
	int64_t real_ns;
	bool is_alone;	/* of one host alone: elapsed and downtime are its part of them */
	enum role role; /* that host's */
	struct quantity figure[FIGURES];
	struct part part[PARTS_MAX]; /* those of one name on one side are one */
	size_t part_count;
	bool has_place[PLACE_DESTINATION + 1]; /* it is known where the time there went */
};

enum change {
	CHANGE_UNKNOWN, /* one of them is not known */
	CHANGE_NONE,	/* the bounds overlap: it may be the same */
	CHANGE_MORE,	/* the second one is longer for sure */
	CHANGE_LESS,
};

/* Two times, and how much longer the second one is: known where both are. */
struct comparison {
	const char *figure;	 /* its name; NULL: a part, */
	bool is_alone;		 /* one host's part of the figure, which alone has such a part */
	const struct part *part; /* of one of the two */
	struct quantity first, second, by;
	enum change change;
};

#define COMPARISONS_MAX (FIGURES + 2 * PARTS_MAX)

/* Copies from the account what there is to compare. */
void measured_take(const struct account *account, struct measured *measured);

/* Returns whether it has a part of that name on that side; and how long it took, which is 0 where
 * it has not, but it is known where the time went. */
bool measured_has(const struct measured *measured, const struct part *part);
struct quantity measured_part(const struct measured *measured, const struct part *part);

/*
 * Compares the figures, in their order, and then the parts: first those that changed for sure, the
 * largest change first. A part that one of them does not have took it no time, if it is known where
 * its time went. Returns how many comparisons there are.
 */
size_t measured_compare(const struct measured *first, const struct measured *second,
			struct comparison comparisons[COMPARISONS_MAX]);

#endif
