/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long the network lost the guest, by its interfaces, and what it sent to where no guest was.
 */
#ifndef MIGTRACE_CORE_STANDSTILL_NETWORK_H
#define MIGTRACE_CORE_STANDSTILL_NETWORK_H

#include <stddef.h>

#include "core/event/quantity.h"
#include "core/match/migration.h"
#include "core/message/offset.h"

#define INTERFACES_MAX 16

/* Between the last frame on the source and the first one on the destination. */
struct silence {
	struct src_instant last;
	struct dst_instant first;
	struct quantity time;
};

struct interface {
	uint8_t address[MT_ETHERNET]; /* the guest's: the same on both hosts */
	struct silence in, out;
	struct counted early; /* for the guest, that came to the destination before it was started
				there, */
	struct counted
		late; /* and that were dropped on the source when it did not run there any more */
};

/* in, out: the longest of all interfaces, of which all have to be known. */
struct network {
	struct interface interface[INTERFACES_MAX];
	size_t count;
	struct quantity in, out;
};

/* Finds it out. clocks as for across(). Strings are static. */
void network_find(const struct migration *migration, const struct clocks *clocks,
		  struct network *network);

#endif
