/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kind of migration it was, and what became of it and its guest. */
#ifndef MIGTRACE_CORE_MATCH_OUTCOME_H
#define MIGTRACE_CORE_MATCH_OUTCOME_H

#include "core/match/migration.h"

enum outcome {
	OUTCOME_UNKNOWN,
	OUTCOME_COMPLETED,
	OUTCOME_FAILED,
	OUTCOME_CANCELLED,
	OUTCOME_UNFINISHED,
};

enum control {
	CONTROL_UNKNOWN,
	CONTROL_P2P,	/* the source's daemon calls the destination's */
	CONTROL_DIRECT, /* a client calls both */
};

enum tristate {
	ANSWER_UNKNOWN,
	ANSWER_NO,
	ANSWER_YES,
};

/* Where the guest was left running, as far as both sides show. */
enum place_left {
	LEFT_UNKNOWN,
	LEFT_ON_SOURCE, /* where it was resumed, or never stopped */
	LEFT_ON_DESTINATION,
	LEFT_ON_BOTH, /* split brain: two guests with one disk */
	LEFT_NOWHERE, /* it was stopped, and neither side has started it again */
	LEFT_PAUSED,  /* on the destination, as it was before, or as was wished */
};

#define STATUS_POSTCOPY "postcopy-active"

/* Returns whether the side's libvirt has heard of that status of QEMU's; side: NULL has not. */
bool side_had_status(const struct side *side, const char *status);

enum outcome migration_outcome(const struct migration *migration);

/* Returns whether it ended without having moved the guest. */
bool outcome_has_not_worked(enum outcome outcome);

enum control migration_control(const struct migration *migration);

enum place_left migration_left(const struct migration *migration);

/* Flavours. A guest that does not run is migrated offline: only its definition moves. */
enum tristate migration_is_offline(const struct migration *migration);
enum tristate migration_is_tunnelled(const struct migration *migration);
enum tristate migration_is_postcopy(const struct migration *migration);
/* A post-copy migration that was broken goes on: the guest has been moved before. */
enum tristate migration_is_recovery(const struct migration *migration);

/*
 * Returns whether the destination's daemon refused it in Prepare, as the source was told: it may
 * not have got as far as to know which domain it was, and then there is no side of it there.
 */
bool migration_was_refused(const struct migration *migration);

/* Returns whether its guest was started on the destination, and not on the source again. */
bool migration_has_moved(const struct migration *migration);

#endif
