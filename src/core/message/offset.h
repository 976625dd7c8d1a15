/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The offset between the two hosts' clocks at the hand-over, and the transfer time that follows. */
#ifndef MIGTRACE_CORE_MESSAGE_OFFSET_H
#define MIGTRACE_CORE_MESSAGE_OFFSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/clock/clock.h"
#include "core/side/side.h"
#include "core/event/quantity.h"

/* The messages that prove a bound, or that cannot all be true. */
struct evidence {
	size_t count;
	struct clock_message message[3];
	bool needs_rate; /* together with the limit on the rates */
};

/* How much the rates of two of them may be off what they are to each other in the middle while a
 * migration runs. A computer's crystal changes by about 1 ppm per degree (Hart, questions@ntp.org,
 * February 2012), and load warms it by some degrees: chosen, not measured. */
#define RAW_WANDER_PPB 10000

/* What is known of the two clocks, destination's less source's. */
struct clocks {
	enum clock_verdict verdict;
	struct quantity transfer; /* by the source's raw clock; see core/standstill/across.h */
	struct quantity offset;	  /* of CLOCK_MONOTONIC, when Finish was entered */
	int64_t drift_lo_ppb, drift_hi_ppb; /* of CLOCK_MONOTONIC_RAW */
	int64_t rate_ppb, wander_ppb;	    /* that were taken as limits */
	size_t messages;
	struct evidence lower, upper; /* of the offset */
	struct evidence contradiction;
	const char *contradicts; /* in words, if it is inconsistent; static */
	bool are_one;		 /* both hosts' stamps are of one clock */
	int64_t at_src_ns; /* raw stamp of the source's hand-over, to which others are relative */
};

/*
 * Returns how long it was from an instant of the source's clock to one of the destination's, where
 * the latter is ahead by theta.
 */
struct quantity transfer_by(struct src_ns from, struct dst_ns to, const struct quantity *theta);

/*
 * Finds what is known of the clocks of the two sides of one migration, whose sent and received
 * have to be known, and the transfer: from the one to the other. Strings are static.
 */
void clocks_find(const struct side *source, const struct side *destination, struct clocks *clocks);

#endif
