/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a migration is going, by a model of its passes: when it ends, and for how long the guest
 * will be down; or what would help. */
#ifndef MIGTRACE_CORE_PASSES_FORECAST_H
#define MIGTRACE_CORE_PASSES_FORECAST_H

#include "core/passes/passes.h"

/* What each would take for it to complete, all else unchanged; unknown: it would not help. */
struct remedy {
	struct opt_i64 limit_ms;    /* the downtime limit */
	struct opt_i64 bytes_per_s; /* sent */
	struct opt_i64 throttle;    /* the vCPUs slowed down by so many per cent */
};

struct forecast {
	const char *why_unknown; /* static; NULL: it is known */
	bool completes;		 /* it is to end by itself; if not, remedy says what would help */
	bool is_first_pass;	 /* what the guest makes dirty is not known yet: at least so long */
	int64_t at_ns, end_ns;	 /* by the source's clock: made, and the guest runs again */
	int64_t downtime_ns;
	int64_t bytes_per_s; /* of RAM that is sent */
	int64_t dirty_per_s; /* that the guest makes dirty at first, after a sync */
	int64_t remaining;   /* bytes, at at_ns */
	struct remedy remedy;
};

/*
 * Makes the forecast by what was seen until at_ns, which is not before the last of it. The guest is
 * taken to make pages dirty as it did in the passes until then, within a working set: of time t
 * set * (1 - exp(-rate t)), fitted to them. QEMU makes passes until a sync finds no more than it
 * expects to send within its downtime limit (migration/migration.c, migration_iteration_run).
 */
void forecast_of(const struct passes *passes, int64_t at_ns, struct forecast *forecast);

#endif
