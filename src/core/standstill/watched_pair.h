/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was seen on both hosts of one network interface, or one disk, of a guest that moved. */
#ifndef MIGTRACE_CORE_STANDSTILL_WATCHED_PAIR_H
#define MIGTRACE_CORE_STANDSTILL_WATCHED_PAIR_H

#include "core/match/migration.h"

/* What is known of it, or NULL. */
struct watched_pair {
	const struct migration *migration;
	const struct mt_event *source, *source_end; /* watched from, and what was seen */
	const struct mt_event *destination, *destination_end;
	const struct mt_event *stopped, *started; /* run states of the two QEMUs */
};

/* Returns it, of the interface or disk that the event is of. */
struct watched_pair watched_pair(const struct migration *migration, const struct mt_event *one);

/* Returns why nothing can be said of it on both hosts, static; or NULL. */
const char *watched_pair_hole(const struct watched_pair *pair);

/*
 * Returns why nothing can be said of it on one of the hosts, static; or NULL. change: since when,
 * or until when, it had to be watched; NULL is what was not seen.
 */
const char *watched_hole(const struct side *side, const struct mt_event *begin,
			 const struct mt_event *end, const struct mt_event *change);

/* Returns the instant of a stamp, of which 0 is what was not seen. */
struct instant watched_instant(uint64_t ns);

#endif
