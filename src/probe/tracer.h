/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The BPF programs in the kernel: attached to the daemons of one host, giving events. */
#ifndef MIGTRACE_PROBE_TRACER_H
#define MIGTRACE_PROBE_TRACER_H

#include <stddef.h>
#include <stdint.h>

#include "migtrace_event.h"
#include "probe/attach.h"
#include "probe/daemons.h"
#include "probe/points.h"

struct tracer;

struct tracer_counts {
	uint64_t hits;	     /* of probes in this host */
	uint64_t lost;	     /* events that found no room in the ring buffer */
	uint64_t unreadable; /* events with an argument that could not be read */
};

/* Called for each event in the order in which they happened on each CPU; the event is borrowed. */
typedef void tracer_event_fn(void *context, const struct mt_event *event);

/*
 * Loads the programs for the filter's host and attaches them to all files of daemons, as multi link
 * if the kernel can and way says so. Returns 0 and *tracer, or -errno with a line on stderr. In
 * points it leaves what was attached and what is missing.
 */
int tracer_start(const struct host_filter *filter, const struct daemons *daemons,
		 enum attach_way way, struct points *points, struct tracer **tracer);

/* Returns a file descriptor that is readable when there are events. */
int tracer_fd(const struct tracer *tracer);

/* Hands all waiting events to fn. Returns how many, or -errno. */
int tracer_consume(struct tracer *tracer, tracer_event_fn *fn, void *context);

/* Returns the counters since the start. */
struct tracer_counts tracer_counts(const struct tracer *tracer);

/* Detaches; what is in the ring buffer can still be consumed. */
void tracer_detach(struct tracer *tracer);

/* Detaches and frees; NULL is allowed. */
void tracer_free(struct tracer *tracer);

#endif
