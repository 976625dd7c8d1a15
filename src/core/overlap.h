/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where both hosts work at once: the destination loads devices while the source still saves. */
#ifndef MIGTRACE_CORE_OVERLAP_H
#define MIGTRACE_CORE_OVERLAP_H

#include "core/clocks.h"
#include "core/migration.h"
#include "core/quantity.h"

/* The parts of the standstill count it once, as the source's. */
struct overlap {
	struct quantity load;  /* of the devices' state on the destination: one clock */
	struct quantity alone; /* of it, after the source had saved all of it */
	struct quantity both;  /* of it, while the source still saved */
};

/* Finds it where devices were recorded; clocks as for across(). */
struct overlap overlap_of(const struct migration *migration, const struct clocks *clocks);

#endif
