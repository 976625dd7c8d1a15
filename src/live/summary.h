/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all migrations of a session come to: how many, how they ended, their downtimes. */
#ifndef MIGTRACE_LIVE_SUMMARY_H
#define MIGTRACE_LIVE_SUMMARY_H

#include "core/account/account.h"
#include "live/row.h"

struct summary {
	size_t counts[OUTCOME_UNFINISHED + 1];
	int64_t *downtimes; /* a ring */
	size_t downtime_count;
	struct quantity worst;
	char worst_name[MT_TEXT];
	bool are_parts; /* of one host */
	size_t verdicts, wrong;
};

struct json_object;

/* Returns 0 or -ENOMEM; summary_free() frees. */
int summary_init(struct summary *summary);
void summary_free(struct summary *summary);

/* Counts a migration that has ended. */
void summary_add(struct summary *summary, const struct account *account);

/*
 * Returns it as a new object, which the caller puts; or writes it to rows, and returns how many.
 * lost: events; going: migrations that have not ended. Nothing can be added any more.
 */
#define SUMMARY_ROWS 3
struct json_object *summary_json(struct summary *summary, uint64_t lost, size_t going);
size_t summary_rows(struct summary *summary, uint64_t lost, size_t going,
		    char rows[SUMMARY_ROWS][ROW]);

#endif
