/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What pictures show of a migration: spans and instants of both hosts on one axis of time. */
#ifndef MIGTRACE_CORE_PICTURE_TIMELINE_H
#define MIGTRACE_CORE_PICTURE_TIMELINE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/account/account.h"

#define TIMELINE_NAME	   96
#define TIMELINE_SPANS_MAX 8192
#define TIMELINE_LANES	   8
#define TIMELINE_DEPTH	   8

enum timeline_host {
	TIMELINE_SOURCE = ROLE_SOURCE,
	TIMELINE_DESTINATION = ROLE_DESTINATION,
	TIMELINE_BOTH, /* begins on the source, ends on the destination */
	TIMELINE_HOSTS
};
static_assert((int)TIMELINE_SOURCE != TIMELINE_BOTH && (int)TIMELINE_DESTINATION != TIMELINE_BOTH,
	      "both is neither");

enum timeline_track {
	TIMELINE_LIBVIRT,  /* its functions, from entry to return, and QMP commands
			    * until the reply */
	TIMELINE_QEMU,	   /* its migration's states, and its steps as instants */
	TIMELINE_PASSES,   /* over the guest's RAM */
	TIMELINE_DEVICES,  /* saved or loaded */
	TIMELINE_FIGURES,  /* elapsed, downtime, blackout */
	TIMELINE_PARTS,	   /* of the standstill: one after the other, without a gap */
	TIMELINE_NETWORK,  /* no frame came in, or went out: a track for each interface */
	TIMELINE_DISK,	   /* no request was completed: a track for each disk */
	TIMELINE_BROWNOUT, /* how much of their time the vCPUs lost while the guest ran */
	TIMELINE_VCPU,	   /* its blackout: a track for each */
	TIMELINE_TRACKS
};

/*
 * A span, or an instant, which takes no time. Spans of one host, track, number and lane are within
 * each other or apart. An error is how far the truth may be from what is shown, to either side: 0
 * where one clock alone was read.
 */
struct timeline_span {
	enum timeline_host host;
	enum timeline_track track;
	int number;		 /* of the vCPU, the interface or the disk; else 0 */
	const struct part *part; /* that it is, the account's; NULL: none */
	const struct quantity
		*quantity; /* how long it is, the account's; NULL: as one clock says */
	unsigned int lane, depth;
	char name[TIMELINE_NAME];
	int64_t at_ns, ns; /* on the axis */
	int64_t at_error_ns, end_error_ns, ns_error_ns;
	int64_t clock_ns; /* the stamp of its begin, of its host's clock; the source's for both */
	bool is_instant;
	bool lacks_begin, lacks_end; /* not seen: it is at least as long as it is shown */
};

/* In order of host, track, number and time. */
struct timeline {
	struct timeline_span *span;
	size_t count, room;
	size_t left_out; /* there were too many, or they overlapped too often */
	/* Where at_ns is 0, of each host's clock; of the source's for both, and for each host where
	 * the axis is common. */
	int64_t zero_ns[TIMELINE_HOSTS];
	/* The destination's instants are on the source's axis, by the estimated offset. If not,
	 * each host's are on an axis of its own, and why says why; NULL if there is one host only.
	 */
	bool is_common;
	const char *why_not_common; /* static */
};

/* Finds all of that of a migration that is accounted for. Returns 0 or -ENOMEM; timeline_free()
 * frees in both cases. */
int timeline_find(const struct account *account, struct timeline *timeline);

void timeline_free(struct timeline *timeline);

/* Returns the next index after first that is not of the same host, track and number. */
size_t timeline_track_end(const struct timeline *timeline, size_t first);

#endif
