/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds migrations in recordings while they grow, within a memory limit. */
#ifndef MIGTRACE_CORE_MATCH_CORRELATOR_H
#define MIGTRACE_CORE_MATCH_CORRELATOR_H

#include "core/match/migration.h"

struct correlator;

/* Takes migrations, in order of their hosts' wall clocks; they and their sides live
 * until it ends. */
typedef void correlator_fn(void *arg, const struct migration *migrations, size_t count);

/*
 * bytes: how much all recordings may hold; side_events: how many events one side of a migration
 * may. What is dropped for that is reported first, as far as it is known. Returns NULL if out of
 * memory.
 */
struct correlator *correlator_new(size_t bytes, size_t side_events, correlator_fn *take, void *arg);

/* Returns a new recording, which is the correlator's; NULL if out of memory. name is borrowed. */
struct recording *correlator_add(struct correlator *correlator, const char *name);

/*
 * Call it after each line or so. If the recordings hold more than they may, migrations that are
 * over are taken and forgotten, then sides of which nothing was heard for the longest time. What
 * is reported of a migration does not depend on when that is, nor on how the recordings' lines are
 * mixed, as long as both its sides are there. Returns 0 or -ENOMEM.
 */
int correlator_shed(struct correlator *correlator);

/*
 * For recordings that are written while they are read: takes, and forgets, all migrations of which
 * nothing that may still come can change the report. now_ns is of any clock that does not go
 * back, the same for all calls. A side that is over is reported alone once every other recording
 * that is open has been heard of (recording->heard_ns) after that was seen, and has not the other.
 * Returns how many sides are over, or soon may be, but wait; or -ENOMEM.
 */
int correlator_settle(struct correlator *correlator, int64_t now_ns);

/* All that is left is taken. Returns 0 or -ENOMEM. */
int correlator_end(struct correlator *correlator);

/* Returns how often a probe was hit in all recordings; false if one of them does not have that. */
bool correlator_hits(const struct correlator *correlator, uint64_t *hits);

/* NULL is none. */
void correlator_free(struct correlator *correlator);

#endif
