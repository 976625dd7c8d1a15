/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One axis of time for both hosts: the source's clock, with the destination's put on it. */
#ifndef MIGTRACE_CORE_PICTURE_AXIS_H
#define MIGTRACE_CORE_PICTURE_AXIS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/figures/figures.h"
#include "core/match/migration.h"

struct axis {
	const struct migration *migration;
	bool is_common;	      /* if not, each host's instants are on its own clock */
	struct clocks clocks; /* by whose transfer the destination's are put on the source's */
};

/* Where an instant is, and how far from there it may be in truth. */
struct axis_at {
	int64_t ns, error_ns;
};

/* Returns the axis of the migration; it points to it. */
struct axis axis_find(const struct migration *migration, const struct figures *figures);

/* Returns where the instant of that side's clock is. */
struct axis_at axis_of(const struct axis *axis, enum role role, int64_t clock_ns);

#endif
