/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the destination's loading thread did, while the source's waited for it. */
#ifndef MIGTRACE_CORE_STANDSTILL_AWAITED_H
#define MIGTRACE_CORE_STANDSTILL_AWAITED_H

#include "core/event/quantity.h"
#include "core/match/migration.h"
#include "core/standstill/work.h"

struct awaited {
	const struct migration *migration;
	const struct quantity *transfer; /* of what was handed over */
	struct spans *spans;		 /* of the destination; NULL: something is lacking */
};

/*
 * Returns what is to be told of a part of the source's time: what the loading thread did, where the
 * source waited for that, and it waited itself for most of the part; else own, which is what the
 * source's threads did.
 */
struct work awaited_work(const struct awaited *awaited, const char *part,
			 const struct stretch *stretch, const struct work *own);

#endif
