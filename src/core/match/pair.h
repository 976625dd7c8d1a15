/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether two sides can be one migration, whatever their hosts' clocks show. */
#ifndef MIGTRACE_CORE_MATCH_PAIR_H
#define MIGTRACE_CORE_MATCH_PAIR_H

#include "core/match/trace.h"

/*
 * A source's and a destination's trace, of one domain. What both have seen may show that they
 * belong together, or that they cannot; what only one has seen shows nothing.
 */
struct pair {
	const struct trace *source, *destination;
};

/* Returns whether both are of one host, to which libvirt does not migrate: surely not one. */
bool pair_is_of_one_host(const struct pair *pair);

/*
 * Returns whether nothing that both have seen contradicts that they are one: no host, no cookie, no
 * connection, and no order of the calls under any offset of the clocks.
 */
bool pair_is_possible(const struct pair *pair);

/* Returns whether both have seen one and the same connection of QEMU. */
bool pair_is_connected(const struct pair *pair);

/* Returns whether the hosts' wall clocks put its first call no farther apart than that. */
bool pair_is_of_one_time(const struct pair *pair, int64_t tolerance_ns);

enum pair_agrees {
	PAIR_INDEPENDENT, /* not of the same two recordings, or nothing to compare */
	PAIR_AGREES,
	PAIR_CONTRADICTS,
};

/* Returns whether the clocks can have the offset that another pair shows, which is sure. */
enum pair_agrees pair_agrees(const struct pair *pair, const struct pair *sure);

#endif
