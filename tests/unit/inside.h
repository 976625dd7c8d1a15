/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether the truth that a simulation knows is within a figure's bounds. */
#ifndef MIGTRACE_TESTS_INSIDE_H
#define MIGTRACE_TESTS_INSIDE_H

#include "core/event/quantity.h"

static void assert_inside(uint64_t seed, const struct quantity *quantity, int64_t true_ns)
{
	if (quantity->known && quantity->lo_ns <= true_ns && true_ns <= quantity->hi_ns)
		return;
	fail_msg("seed %llu: %lld is not in [%lld, %lld] %s", (unsigned long long)seed,
		 (long long)true_ns, (long long)quantity->lo_ns, (long long)quantity->hi_ns,
		 quantity->known ? "" : quantity->why_unknown);
}

#endif
