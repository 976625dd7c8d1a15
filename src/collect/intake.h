/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Takes what hosts say into the database, and answers what is there. */
#ifndef MIGTRACE_COLLECT_INTAKE_H
#define MIGTRACE_COLLECT_INTAKE_H

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

/*
 * Takes a message, from whom is known by the way that it came: host; NULL: it is not. What it says
 * is on the disk when MESSAGE_OK is returned, and *err 0; where that is an error of ours, -errno,
 * it was not taken. answer (NULL: not wanted) is the collector's state then.
 */
enum message_fault intake_take(struct intake *intake, const void *bytes, size_t size,
			       const char *host, struct answer *answer, int *err);

#endif
