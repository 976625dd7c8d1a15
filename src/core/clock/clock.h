/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The clocks of two hosts, and the messages between them that bound their offset. */
#ifndef MIGTRACE_CORE_CLOCK_CLOCK_H
#define MIGTRACE_CORE_CLOCK_CLOCK_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

/* An instant on one host's clock, ns. Two types, so that mixing hosts
 * does not compile. */
struct src_ns {
	int64_t v;
};
struct dst_ns {
	int64_t v;
};

/* Returns theta, by how much the destination's clock is ahead, if both show the same instant. */
static inline int64_t theta_ns(struct src_ns x, struct dst_ns y)
{
	return y.v - x.v;
}

/* Return how long it was between two instants of one host's clock. */
static inline int64_t src_span_ns(struct src_ns from, struct src_ns to)
{
	return to.v - from.v;
}

static inline int64_t dst_span_ns(struct dst_ns from, struct dst_ns to)
{
	return to.v - from.v;
}

/* Every stamp that the core accepts lies in [0, CLOCK_NS_MAX], 18 years: no
 * figure then overflows. */
#define CLOCK_NS_MAX ((int64_t)1 << 59)
static_assert(CLOCK_NS_MAX / 1000000000 / (366 * 86400) >= 18, "years of uptime");
static_assert(CLOCK_NS_MAX < INT64_MAX / 8, "sums of several stamps do not overflow");

enum clock_direction {
	CLOCK_FORWARD,	/* sent on the source, received on the destination */
	CLOCK_BACKWARD, /* sent on the destination, received on the source */
};

/*
 * One message: it cannot be received before it was sent, which bounds the offset from one side.
 * Where a stamp is not exact it is moved to where it says less: sent earlier, received later.
 */
struct clock_message {
	enum clock_direction direction;
	struct src_ns at_src;
	struct dst_ns at_dst;
	const char *source; /* where the evidence is from ("rpc", ...), static */
	const char *what;   /* which message it is, static */
};

enum clock_verdict {
	CLOCK_BOUNDED,	    /* lo_ns and hi_ns hold */
	CLOCK_UNBOUNDED,    /* messages in one direction only, or none */
	CLOCK_INCONSISTENT, /* the messages contradict each other: no number may be given */
};

#endif
