/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two ends of a connection of libvirt's RPC show of the calls that went over it. */
#ifndef MIGTRACE_CORE_MESSAGE_RPC_H
#define MIGTRACE_CORE_MESSAGE_RPC_H

#include <stdbool.h>

#include "core/clock/clock.h"
#include "core/side/side.h"

/* A call goes from the source's daemon to the destination's, a reply back: with a stamp of each. */
struct call {
	bool is_reply;
	struct src_ns at_src; /* of each host's CLOCK_MONOTONIC */
	struct dst_ns at_dst;
};

typedef void call_fn(void *arg, const struct call *call);

/*
 * Calls found for the calls and replies that were seen at both ends, in the order in which the
 * destination replied. Without memory there are none. Time is O(n log n) in the sides' events.
 */
void calls_find(const struct side *source, const struct side *destination, call_fn *found,
		void *arg);

/*
 * Returns the reply of the daemon of the destination's host that had passed the call on
 * (virtproxyd): it talks to the source's, by a serial of its own. NULL where none was seen, or more
 * than one that may be it, or without memory; borrowed.
 */
const struct mt_event *call_proxied(const struct side *destination, const struct mt_event *reply);

#endif
