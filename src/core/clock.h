/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bounds on the offset between two hosts' clocks, from messages that crossed between them. */
#ifndef MIGTRACE_CORE_CLOCK_H
#define MIGTRACE_CORE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

/* An instant on one host's CLOCK_MONOTONIC, ns. Two types, so that mixing hosts does not compile.
 */
struct src_ns {
	int64_t v;
};
struct dst_ns {
	int64_t v;
};

/* Every stamp that the core accepts lies in [0, CLOCK_NS_MAX], 18 years: no figure then overflows.
 */
#define CLOCK_NS_MAX ((int64_t)1 << 59)

enum clock_direction {
	CLOCK_FORWARD,	/* sent on the source, received on the destination */
	CLOCK_BACKWARD, /* sent on the destination, received on the source */
};

/* One message: it cannot be received before it was sent, which bounds the offset from one side. */
struct clock_message {
	enum clock_direction direction;
	struct src_ns at_src;
	struct dst_ns at_dst;
	const char *source; /* where the evidence is from ("rpc", ...), static */
};

enum clock_verdict {
	CLOCK_BOUNDED,	    /* lo_ns and hi_ns hold */
	CLOCK_UNBOUNDED,    /* messages in one direction only, or none */
	CLOCK_INCONSISTENT, /* the messages contradict each other: no number may be given */
};

/* The offset theta = destination clock - source clock. lower and upper index the binding messages.
 */
struct clock_offset {
	enum clock_verdict verdict;
	int64_t lo_ns, hi_ns;
	size_t lower, upper;
};

/*
 * Returns the offset at instant y0 of the destination's clock, given messages and rate_ppb, the
 * most by which the rates of the two clocks may differ in the time looked at (parts per 10^9).
 *
 * A message sent forward at s and received at r says theta(r) <= r - s; one sent back at u and
 * received at v says theta(u) >= u - v. Between then and y0 theta moves by rate_ppb at most. So the
 * answer holds for clocks that are not linear, too (rate-bounded intersection; cf. Marzullo).
 */
struct clock_offset clock_offset_at(const struct clock_message *messages, size_t count,
				    int64_t rate_ppb, struct dst_ns y0);

#endif
