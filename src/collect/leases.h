/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which collector looks after which partition: a share each, as long as it is heard of. */
#ifndef MIGTRACE_COLLECT_LEASES_H
#define MIGTRACE_COLLECT_LEASES_H

#include "collect/database.h"
#include "fleet/message.h"

#define OWNER_TEXT 128

struct leases {
	struct database *database;
	char owner[OWNER_TEXT]; /* this collector, for once */
	bool has_part[PARTITIONS];
	size_t count;
};

/* Begins under a name that no collector had before. Returns 0 or -errno. */
int leases_begin(struct leases *leases, struct database *database);

/*
 * Keeps what there is, and takes or leaves some, so that each collector has its share. To be called
 * every LEASES_STEP_MS. Returns 0 or -errno.
 */
#define LEASES_STEP_MS 3000
int leases_step(struct leases *leases);

/* Leaves all, so that others need not wait. */
void leases_end(struct leases *leases);

#endif
