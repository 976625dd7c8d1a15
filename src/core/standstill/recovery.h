/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A post-copy migration that broke, and the one that resumed it: what they are as a whole. */
#ifndef MIGTRACE_CORE_STANDSTILL_RECOVERY_H
#define MIGTRACE_CORE_STANDSTILL_RECOVERY_H

#include "core/event/opt.h"
#include "core/match/migration.h"
#include "core/message/offset.h"

enum recovery_part {
	RECOVERY_NONE,	  /* it is neither */
	RECOVERY_BROKE,	  /* it broke, and was resumed later */
	RECOVERY_RESUMED, /* it resumed one that had broken before */
};

struct recovery {
	enum recovery_part part;
	int64_t other_real_ns; /* when the other one began, by the source's wall clock; 0: not known
				*/
	struct quantity gap;   /* from the break until post-copy went on, by the source's clock */
	struct opt_i64 missing_bytes; /* of the guest's memory, meanwhile */
	struct opt_i64
		began_ns; /* when the whole did, by the source's clock; of RECOVERY_RESUMED */
	/* Of the whole, from the first one's begin to the last one's end; of RECOVERY_RESUMED. */
	struct quantity elapsed, downtime;
};

/* Returns what the source's host shows of that, and for the whole the clocks of both. */
struct recovery recovery_of(const struct migration *migration, const struct clocks *clocks);

#endif
