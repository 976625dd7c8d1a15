/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Takes what hosts say into the database, and answers what is there. */
#ifndef MIGTRACE_COLLECT_INTAKE_H
#define MIGTRACE_COLLECT_INTAKE_H

#include <stdbool.h>

#include "collect/counts.h"
#include "collect/database.h"
#include "fleet/message.h"

struct intake {
	struct database *database;
	struct key key; /* the collector's, of which hosts have theirs */
	struct counts *counts;
};

/* An answer, which the caller frees. */
struct answer {
	char *bytes;
	size_t size;
};

/* A message that has come, and what becomes of it. */
struct taking {
	const void *bytes; /* the caller's */
	size_t size;
	const char *host; /* from whom, by the way that it came; NULL: that is not known */
	bool wants_answer;
	enum message_fault fault; /* why it was dropped */
	int err; /* of ours, -errno: it was not taken; 0: what it says is on the disk */
	struct answer answer;	/* the collector's state then, if it was wanted and taken */
	struct message message; /* intake_take()'s */
};

#define TAKINGS_MAX 64 /* at once */

/*
 * Takes messages, in one transaction: one fsync for all. What is wrong with one is no other's
 * fault.
 */
void intake_take(struct intake *intake, struct taking *takings, size_t count);

/* Returns 1 where that half of that host is there, whatever its number; 0, or -errno. */
int intake_has(struct intake *intake, const char *host, const char *id, const char *sha256);

#endif
