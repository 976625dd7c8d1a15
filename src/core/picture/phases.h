/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What both hosts did in one migration, in one order on one clock. */
#ifndef MIGTRACE_CORE_PICTURE_PHASES_H
#define MIGTRACE_CORE_PICTURE_PHASES_H

#include <stddef.h>

#include "core/figures/figures.h"

#define PHASES_MAX 64

struct phase {
	int64_t src_ns; /* on the source's clock; of the destination's events by the estimated
			   offset */
	enum role role;
	const struct mt_event *event;
};

/*
 * Writes the phases that people want to see, at most PHASES_MAX, in order; returns how many.
 * Those of the destination are left out where the offset is not known and the source's side is.
 */
size_t phases_of(const struct migration *migration, const struct figures *figures,
		 struct phase *phases);

#endif
