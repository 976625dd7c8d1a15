/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long a guest waited for its pages after a post-copy switchover, which is no downtime. */
#ifndef MIGTRACE_CORE_STANDSTILL_STALLS_H
#define MIGTRACE_CORE_STANDSTILL_STALLS_H

#include "core/match/migration.h"

/*
 * Each is a page that the guest, or a device of it, touched before it had come: from QEMU's request
 * until QEMU puts it in place. Waits for several pages may go on at once.
 */
struct stalls {
	bool known;
	uint64_t count;
	int64_t total_ns, longest_ns;
	const char *why_unknown; /* static */
};

/* Returns the stalls of the migration's guest on the destination, by that host's clock. */
struct stalls stalls_of(const struct migration *migration);

#endif
