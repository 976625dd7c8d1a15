/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the guest's standstill went: parts without a gap between them. */
#ifndef MIGTRACE_CORE_STANDSTILL_BREAKDOWN_H
#define MIGTRACE_CORE_STANDSTILL_BREAKDOWN_H

#include <stddef.h>

#include "core/standstill/blackout.h"
#include "core/match/migration.h"
#include "core/event/quantity.h"
#include "core/standstill/work.h"

#define PARTS_MAX 64

enum place {
	PLACE_SOURCE,
	PLACE_TRANSFER,
	PLACE_DESTINATION,
};

/* A part of the standstill, named by what went on; strings are static. */
struct part {
	const char *name;
	const char *detail; /* a QMP command, or NULL */
	enum place place;
	struct quantity duration;
	bool is_downtime; /* it is part of libvirt's downtime, */
	bool is_blackout; /* of the blackout */
	struct work work; /* of the threads that had their turn */
};

/* In order of time. Those of the downtime add up to it, and those of the blackout to that. */
struct breakdown {
	struct part part[PARTS_MAX];
	size_t count;
};

/*
 * Finds the parts of each side whose span is known, and of the hand-over between them where the
 * transfer is. blackout says when the vCPUs could not run.
 */
void breakdown_find(const struct migration *migration, const struct quantity *transfer,
		    const struct blackout *blackout, struct breakdown *breakdown);

/* Returns the part of the downtime that is the rank-th longest, from 0 on, or NULL. */
const struct part *breakdown_longest(const struct breakdown *breakdown, size_t rank);

#endif
