/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one side shows of which migration it belongs to: its calls, cookies and connections. */
#ifndef MIGTRACE_CORE_MATCH_TRACE_H
#define MIGTRACE_CORE_MATCH_TRACE_H

#include <assert.h>

#include "core/side/side.h"

/* Calls that cross between the hosts: each is sent before it comes, and served before the reply. */
enum turn {
	TURN_PREPARE, /* the source asks for Prepare; the destination enters it */
	TURN_PREPARED,
	TURN_FINISH,
	TURN_FINISHED,
	TURNS
};
static_assert(TURN_PREPARE == 0 && TURNS == 4, "two calls, each with its reply");

#define CONNECTIONS_MAX 32

struct trace {
	const struct side *side;
	const struct daemon *daemon; /* NULL: not known */
	int64_t turn_ns[TURNS];	     /* by the host's clock; 0: not seen */
	/* The cookie that Begin makes and Prepare gets; NULL where it was not seen. */
	const struct mt_event *begun;
	const struct mt_event *prepared; /* the reply to the call of Prepare, or NULL */
	/* QEMU's connections, as they were established on this side. */
	const struct mt_event *connection[CONNECTIONS_MAX];
	size_t connection_count;
	bool has_all_connections; /* there are no others */
};

/* Returns what the side shows but for its connections; it points into the side's recording. */
struct trace trace_of(const struct side *side);

/* Adds the connections: takes time for each event of the side's window. */
void trace_connections(struct trace *trace);

#endif
