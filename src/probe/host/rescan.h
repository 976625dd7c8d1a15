/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When to look for the files of daemons that were started: in time, and not too often. */
#ifndef MIGTRACE_PROBE_HOST_RESCAN_H
#define MIGTRACE_PROBE_HOST_RESCAN_H

#include <stddef.h>
#include <stdint.h>

#define RESCAN_LOOKS	  4 /* after one start */
#define RESCAN_PER_SECOND 6

/* All zero: nothing was started. Times are CLOCK_MONOTONIC. */
struct rescan {
	int64_t round_ns;  /* the start that this round of looks is for */
	size_t left;	   /* looks of the round that are still to be made; 0: there is no round */
	int64_t latest_ns; /* the last start since, for which there is to be another; 0: none */
};

/*
 * A daemon was started, or what any user named like one. Each start is followed by a look within
 * two seconds, and by one 900 ms after it or later, however many there are; there are no more than
 * RESCAN_PER_SECOND looks in a second.
 */
void rescan_started(struct rescan *rescan, int64_t now_ns);

/* Returns when the next look is due; INT64_MAX: none is. */
int64_t rescan_due_ns(const struct rescan *rescan);

/* The look that is due is made now, and with it those that are overdue. */
void rescan_done(struct rescan *rescan, int64_t now_ns);

#endif
