/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a migration left its guest, by all that both hosts show. */
#ifndef MIGTRACE_CORE_MATCH_PLACE_LEFT_H
#define MIGTRACE_CORE_MATCH_PLACE_LEFT_H

#include "core/match/outcome.h"
#include "core/side/guest_end.h"

enum place_left {
	LEFT_UNKNOWN,
	LEFT_ON_SOURCE, /* where it was resumed, or never stopped */
	LEFT_ON_DESTINATION,
	LEFT_ON_BOTH,	       /* split brain: two guests with one disk */
	LEFT_NOWHERE,	       /* it was stopped, and neither side has started it again */
	LEFT_PAUSED,	       /* on the destination, as it was before, or as was wished */
	LEFT_PAUSED_ON_SOURCE, /* stopped for the migration, and not started again */
	LEFT_BROKEN,	       /* on the destination, without the memory that did not come */
	LEFT_ENDED,	       /* somebody, or it itself, ended it meanwhile */
	LEFTS
};

enum place_left migration_left(const struct migration *migration);

/* Returns who ended the guest where it was to run: of the source, or where it had been moved. */
struct guest_end migration_guest_end(const struct migration *migration);

/* Returns whether its guest was started on the destination, and not on the source again. */
bool migration_has_moved(const struct migration *migration);

#endif
