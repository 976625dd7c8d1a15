/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes migrations of the halves that have come, each once. */
#ifndef MIGTRACE_COLLECT_MATCHER_H
#define MIGTRACE_COLLECT_MATCHER_H

#include "collect/counts.h"
#include "collect/judge.h"
#include "collect/row.h"

/* Is told of each migration that was stored, and how long after its last half had come. */
typedef void stored_fn(void *arg, const struct migration_row *row, int64_t delay_ms);

#define STORED_MAX (2 * JUDGE_HALVES) /* in one transaction */

/* One that the transaction stores. */
struct stored {
	struct migration_row row;
	int64_t received_ms;
};

struct matcher {
	struct database *database;
	struct judge *judge;
	struct counts *counts;
	const char *owner; /* of the partitions that it looks after */
	int64_t expire_ms; /* after so long a half is reported without the other one */
	bool sends_traces; /* of what it stores: they are queued */
	stored_fn *tell;
	void *arg;
	struct stored stored[STORED_MAX]; /* by the transaction that goes on */
	size_t stored_count;
};

/* Returns the half as it is given to be judged; the bytes stay the entry's. */
struct judge_half half_to_judge(const struct half_entry *half);

/* Takes some halves that are new. Returns how many it has looked at, or -errno. */
int matcher_step(struct matcher *matcher);

/* Reports halves whose others have not come in time. Returns as matcher_step(). */
int matcher_expire(struct matcher *matcher);

#endif
