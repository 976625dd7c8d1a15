/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Time that begins on one host and ends on the other. */
#ifndef MIGTRACE_CORE_ACROSS_H
#define MIGTRACE_CORE_ACROSS_H

#include "core/migration.h"
#include "core/quantity.h"

/*
 * Returns how long it was from an instant of the source's clock to one of the destination's, by the
 * source's clock, of a migration that has both halves: up to what was handed over, the transfer,
 * and what came after it. The latter's clock may have another rate, which widens the whole a
 * little.
 */
struct quantity across(const struct migration *migration, const struct quantity *transfer,
		       int64_t src_ns, int64_t dst_ns);

#endif
