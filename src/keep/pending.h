/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Halves that are over, and wait for what may still come: then they are put into the store. */
#ifndef MIGTRACE_KEEP_PENDING_H
#define MIGTRACE_KEEP_PENDING_H

#include <stddef.h>
#include <stdint.h>

#include "core/account/account.h"
#include "keep/spool.h"
#include "store/store.h"

struct pending;

/* Returns NULL without memory. pending_free() frees. */
struct pending *pending_new(struct store *store);

/*
 * Notes a side of the migration, whose account may go then, but not its recording; what was in the
 * spool before may be in the store as far as it had come. now_ns is of any clock that does not go
 * back. Returns 0 or -ENOMEM.
 */
int pending_add(struct pending *pending, const struct account *account, enum role role,
		const struct spool *spool, int64_t now_ns);

/* Returns when the next one has waited long enough; INT64_MAX: there is none. */
int64_t pending_due_ns(const struct pending *pending);

/*
 * Puts those into the store that have waited long enough, out of the spool. One that cannot be is
 * named on stderr, and is lost. Returns how many were lost.
 */
size_t pending_put(struct pending *pending, const struct spool *spool, int64_t now_ns);

/* NULL is none. */
void pending_free(struct pending *pending);

#endif
