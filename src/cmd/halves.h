/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which halves of a store are one migration, by their domain and their time. */
#ifndef MIGTRACE_CMD_HALVES_H
#define MIGTRACE_CMD_HALVES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/recording/recording.h"
#include "store/store.h"

#define HALVES_MAX                                                                                 \
	64 /* of one domain at one time: attempts that failed, and their other halves              \
	    */

/* Those of the domain that were going on in that span of the wall clock. */
struct halves {
	char uuid[UUID_TEXT];
	int64_t begin_ns, end_ns;
	char id[HALVES_MAX][HALF_ID];
	size_t count;
};

/*
 * Finds the last migration of the domain (a name or a UUID; NULL: of any), and what else there is
 * of it. Returns 0 with a count of 0 where there is none, or -errno with a line on stderr.
 */
int halves_last(const struct store *store, const char *domain, struct halves *halves);

/*
 * Finds the halves of the UUID in the span that is set, as another host's clock may have it.
 * Returns as halves_last().
 */
int halves_around(const struct store *store, struct halves *halves);

#endif
