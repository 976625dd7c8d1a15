/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two ends of a TCP connection show of the segments that went between them. */
#ifndef MIGTRACE_CORE_MESSAGE_TCP_H
#define MIGTRACE_CORE_MESSAGE_TCP_H

#include "core/side/side.h"

/* One segment that was certainly sent after one event and before the other was seen. */
struct segment {
	const struct mt_event *sent, *received;
	const char *what; /* static */
};

typedef void segment_fn(void *arg, bool is_forward, const struct segment *segment);

/*
 * Calls found for the segments of the connections that belong to the source's side, and whose other
 * end was seen on the destination: forward where the source's host sent it. A connection whose ends
 * or states were seen twice, as when a port was used again, is left out, and so is one that
 * something in between answers itself. Where addresses or ports were changed on the way it is known
 * by the sequence numbers that it began with.
 */
void segments_find(const struct side *source, const struct side *destination, segment_fn *found,
		   void *arg);

/* Returns whether the event is that a connection came to be, on the side that asked for
 * it or not. */
bool tcp_is_established(const struct mt_event *event, bool is_client);

/* Returns whether two events are of the two ends of one connection. */
bool tcp_is_other_end(const struct mt_event *a, const struct mt_event *b);

/*
 * Returns whether two events' connections join the same two addresses, seen from either end, which
 * are not those that every host has.
 */
bool tcp_is_between_same(const struct mt_event *a, const struct mt_event *b);

/*
 * Returns the most bytes of a segment that the side's QEMU, or its libvirt for it, sends in any of
 * its connections; 0: that is not known. Loopback's are none, as they reach no other host.
 */
uint32_t tcp_smallest_mss(const struct side *side);

#endif
