/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which events to drop when a recording exceeds its memory limit. */
#ifndef MIGTRACE_CORE_MATCH_THIN_H
#define MIGTRACE_CORE_MATCH_THIN_H

#include "core/match/migration.h"

/*
 * Lets go of the middle of each side that has more than so many events: what is left out there is a
 * gap in what is known of its domain. Connections are let go together if there are more events of
 * them than that: clocks are bounded less tightly then. Returns 0 or -ENOMEM.
 */
int recording_thin(struct recording *recording, size_t side_events);

/*
 * Lets go of all that the migrations, which sides belong to, do not need. The sides are void
 * then. Returns 0 or -ENOMEM.
 */
int recording_keep_sides(struct recording *recording, const struct sides *sides,
			 const struct migrations *migrations);

#endif
