/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a collector counts: for its metrics. */
#ifndef MIGTRACE_COLLECT_COUNTS_H
#define MIGTRACE_COLLECT_COUNTS_H

#include <stdint.h>

#include "fleet/message.h"

/* What became of a trace that was to be sent. */
enum trace_result {
	TRACE_ACCEPTED,
	TRACE_PARTIAL, /* the receiver has left out spans of it */
	TRACE_REFUSED,
	TRACE_DROPPED, /* too many were waiting */
	TRACE_RESULTS,
};

struct counts {
	uint64_t messages[MESSAGE_KINDS];
	uint64_t dropped[MESSAGE_FAULTS];
	uint64_t conflicts; /* a number that has another half already */
	uint64_t repeated;  /* halves that were there */
	uint64_t traces[TRACE_RESULTS];
	uint64_t refused; /* halves that are no recordings, or another host's */
};

#endif
