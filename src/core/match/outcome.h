/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What became of a migration. */
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

enum outcome migration_outcome(const struct migration *migration);

/* Returns whether it ended without having moved the guest. */
bool outcome_has_not_worked(enum outcome outcome);

/*
 * Returns whether the destination's daemon refused it in Prepare, as the source was told: it may
 * not have got as far as to know which domain it was, and then there is no side of it there.
 */
bool migration_was_refused(const struct migration *migration);

/* Returns whether it ended before the destination's daemon was called: there is no side of it
 * there. */
bool migration_reached_nobody(const struct migration *migration);

/* Returns whether the destination could not be prepared, or its QEMU had ended before it was to go
 * on. */
bool destination_is_unprepared(const struct side *destination);

/* Returns whether the guest certainly has not come to run on the destination by libvirt's doing. */
bool destination_has_not_come(const struct side *destination);

#endif
