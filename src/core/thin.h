/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which events of a recording are let go, when it holds more than it may. */
#ifndef MIGTRACE_CORE_THIN_H
#define MIGTRACE_CORE_THIN_H

#include "core/migration.h"

/*
 * Lets go of the middle of each half that has more than so many events: what is left out there is a
 * gap in what is known of its domain. Connections are let go together if there are more events of
 * them than that: clocks are bounded less tightly then. Returns 0 or -ENOMEM.
 */
int recording_thin(struct recording *recording, size_t half_events);

/*
 * Lets go of all that the migrations, which halves belong to, do not need. The halves are void
 * then. Returns 0 or -ENOMEM.
 */
int recording_keep_halves(struct recording *recording, const struct halves *halves,
			  const struct migrations *migrations);

#endif
