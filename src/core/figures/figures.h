/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The figures of one migration, elapsed to blackout: with bounds, or a reason why not. */
#ifndef MIGTRACE_CORE_FIGURES_FIGURES_H
#define MIGTRACE_CORE_FIGURES_FIGURES_H

#include <stddef.h>

#include "core/standstill/blackout.h"
#include "core/standstill/breakdown.h"
#include "core/standstill/brownout.h"
#include "core/message/offset.h"
#include "core/passes/expected.h"
#include "core/match/migration.h"
#include "core/standstill/disk.h"
#include "core/standstill/guest_clock.h"
#include "core/standstill/network.h"
#include "core/standstill/overlap.h"
#include "core/standstill/paused.h"
#include "core/event/quantity.h"
#include "core/standstill/recovery.h"
#include "core/standstill/stalls.h"

/* Those that have a name, in the order of reports. */
enum figure {
	FIGURE_ELAPSED,
	FIGURE_ELAPSED_NET,
	FIGURE_TRANSFER,
	FIGURE_DOWNTIME,
	FIGURE_DOWNTIME_NET,
	FIGURE_BLACKOUT,
	FIGURE_NETWORK_IN,
	FIGURE_NETWORK_OUT,
	FIGURE_DISK_BLACKOUT,
	FIGURE_BROWNOUT_BEFORE,
	FIGURE_BROWNOUT_AFTER,
	FIGURE_TSC_LAG,
	FIGURE_KVMCLOCK_LAG,
	FIGURES
};

struct figures {
	struct clocks clocks;
	struct quantity elapsed, elapsed_net, transfer, downtime, downtime_net, blackout;
	struct blackout vcpus;		/* of each vCPU, of which a stop or a start was seen */
	struct stalls stalls;		/* after the downtime of a post-copy */
	struct breakdown breakdown;	/* of downtime and blackout */
	struct overlap overlap;		/* of saving and loading devices */
	struct network network;		/* of each interface */
	struct guest_disks disks;	/* each of them */
	struct brownout brownout;	/* what its vCPUs lost while it ran */
	struct guest_clock guest_clock; /* behind by so much afterwards */
	struct quantity announced;	/* after the guest was started */
	struct paused paused;		/* that somebody else had stopped */
	struct recovery recovery;	/* of a post-copy that broke */
	struct expected expected;	/* by QEMU */
	uint32_t mss;	  /* of what the source sends, in its smallest segments; 0: not known */
	const char *hole; /* why events of this migration may be missing, static; NULL: none are */
	uint64_t lost_events; /* that may have been part of this migration */
};

/* Returns the figures of the migration; strings in it are static. */
struct figures figures_of(const struct migration *migration);

/* Returns what the figure is called, static; NULL for none. */
const char *figure_name(size_t figure);

/* Returns the figure, which is the struct's. */
const struct quantity *figure_get(const struct figures *figures, enum figure figure);

/* The same; of a migration that resumed a broken one, downtime and elapsed of the two as a whole.
 */
const struct quantity *figure_whole(const struct figures *figures, enum figure figure);

#endif
