/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest that somebody had paused before it was migrated: how long it stood still in all. */
#ifndef MIGTRACE_CORE_STANDSTILL_PAUSED_H
#define MIGTRACE_CORE_STANDSTILL_PAUSED_H

#include "core/match/migration.h"
#include "core/message/offset.h"

struct paused {
	bool applies;	       /* it was, and moved so */
	bool was_resumed;      /* behind the migration, however long that took */
	struct quantity whole; /* since it was paused, until it was resumed on the destination */
	struct quantity job;   /* of that the migration: until Finish had returned there */
};

/* Returns that, by the clocks of both hosts. */
struct paused paused_of(const struct migration *migration, const struct clocks *clocks);

#endif
