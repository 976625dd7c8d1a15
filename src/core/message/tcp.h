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
 * or states were seen twice, as when a port was used again, is left out.
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

#endif
