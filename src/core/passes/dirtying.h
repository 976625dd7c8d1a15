/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much of its RAM a guest makes dirty in a time, fitted to what it did in passes. */
#ifndef MIGTRACE_CORE_PASSES_DIRTYING_H
#define MIGTRACE_CORE_PASSES_DIRTYING_H

#include "core/passes/passes.h"

/* set * (1 - exp(-rate t)): pages of a working set, each made dirty at random. */
struct dirtying {
	double set;	 /* bytes; 0: nothing is made dirty, or not known */
	double rate;	 /* per second, of a guest that is not slowed down */
	double throttle; /* the share of time that it is slowed down by now, 0 to 1 */
	int passes;	 /* that it is fitted to: with one alone it is a guess */
};

/* Fits it to the passes that are over, the later ones more. */
void dirtying_fit(const struct passes *passes, struct dirtying *dirtying);

/* Returns the bytes that it makes dirty in those seconds. */
double dirtying_in(const struct dirtying *dirtying, double seconds);

/* Returns the bytes per second that it makes dirty just after a sync. */
double dirtying_at_first(const struct dirtying *dirtying);

#endif
