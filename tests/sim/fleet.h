/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A simulated day of some hosts whose guests move among them, as the hosts' recorders saw it. */
#ifndef MIGTRACE_TESTS_FLEET_H
#define MIGTRACE_TESTS_FLEET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "clocks.h"
#include "move.h"

#define MACHINES_MAX 6
#define GUESTS_MAX   8
#define MOVES_MAX    512
#define LIVES_MAX    8
#define DAY_NS	     (INT64_C(86400000) * MS)
#define AFTER_NS     (400 * MS) /* for which a recorder looks on, when a migration is over */

/* A migration, and which of its hosts has recorded all of it. */
struct move {
	struct ends ends;
	enum move_end end;
	struct truth truth;
	bool is_whole[2]; /* by the source, the destination */
	bool is_seen[2];  /* any of it */
};

/* What a recorder writes before it dies, or the day ends. */
struct life {
	int64_t from_ns, until_ns;
	bool ends_in_order;
};

/* An event, in true time until it is written. */
struct seen {
	int64_t true_ns;
	struct mt_event event;
};

struct machine {
	struct host_clocks clocks;
	struct seen *seen;
	size_t count, room;
	struct life life[LIVES_MAX];
	size_t lives;
	bool is_starved; /* its recorder comes late to its looks at the clocks */
};

struct fleet {
	struct machine machine[MACHINES_MAX];
	unsigned int machines, guests;
	struct move move[MOVES_MAX];
	size_t moves;
};

/* Makes the day of that seed; fleet_free() frees. */
void fleet_make(struct fleet *fleet, uint64_t seed);

void fleet_free(struct fleet *fleet);

/* Writes what the machine's recorder wrote in that life. */
void fleet_write(const struct fleet *fleet, unsigned int machine, size_t life, FILE *out);

/* Returns the move that a thread of a daemon made: each has one of its own. */
const struct move *fleet_move_of(const struct fleet *fleet, uint32_t tid);

#endif
