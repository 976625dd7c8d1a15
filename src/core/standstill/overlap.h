/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much of the destination's device loading overlaps the source's saving. */
#ifndef MIGTRACE_CORE_STANDSTILL_OVERLAP_H
#define MIGTRACE_CORE_STANDSTILL_OVERLAP_H

#include "core/message/offset.h"
#include "core/match/migration.h"
#include "core/event/quantity.h"

/* The parts of the standstill count it once, as the source's. */
struct overlap {
	struct quantity load;  /* of the devices' state on the destination: one clock */
	struct quantity alone; /* of it, after the source had saved all of it */
	struct quantity both;  /* of it, while the source still saved */
};

/* Finds it where devices were recorded; clocks as for across(). */
struct overlap overlap_of(const struct migration *migration, const struct clocks *clocks);

#endif
