/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long one migration took and its guest stood still: with bounds, or a reason why not. */
#ifndef MIGTRACE_CORE_FIGURES_H
#define MIGTRACE_CORE_FIGURES_H

#include <stddef.h>

#include "core/clocks.h"
#include "core/migration.h"
#include "core/quantity.h"
#include "core/stalls.h"

#define PARTS_MAX 12

enum place {
	PLACE_SOURCE,
	PLACE_TRANSFER,
	PLACE_DESTINATION,
};

/* A part of the downtime, named by what went on. */
struct part {
	const char *name;
	enum place place;
	struct quantity duration;
};

struct figures {
	struct clocks clocks;
	struct quantity elapsed, elapsed_net, transfer, downtime, downtime_net, blackout;
	struct stalls stalls;	      /* after the downtime of a post-copy */
	struct part parts[PARTS_MAX]; /* of the downtime: they add up to it, if it is known */
	size_t part_count;
	const char *hole; /* why events of this migration may be missing, static; NULL: none are */
	uint64_t lost_events; /* that may have been part of this migration */
};

/* Returns the figures of the migration; strings in it are static. */
struct figures figures_of(const struct migration *migration);

#endif
