/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one side shows of which migration it belongs to: its calls, cookies and connections. */
#include "core/match/trace.h"

#include <string.h>

#include "core/message/tcp.h"
#include "core/side/window.h"

static int64_t stamp_of(const struct mt_event *event)
{
	return event ? (int64_t)event->ktime_ns : 0;
}

static const struct mt_event *rpc_first(const struct side *side, enum mt_kind kind,
					bool (*is_proc)(uint64_t proc))
{
	for (size_t i = 0; i < side->count; i++)
		if (side->events[i]->kind == kind && is_proc(side->events[i]->rpc.proc))
			return side->events[i];
	return NULL;
}

/* Its daemon makes the calls; where they were not seen, what comes before and after them. */
static void p2p_turns(const struct side *side, int64_t turn_ns[TURNS])
{
	const struct mt_event *asked = rpc_first(side, MT_RPC_CLIENT_SEND, is_prepare_proc);
	const struct mt_event *answered = rpc_first(side, MT_RPC_CLIENT_RECEIVE, is_prepare_proc);
	const struct mt_event *called = rpc_first(side, MT_RPC_CLIENT_SEND, is_finish_proc);

	turn_ns[TURN_PREPARE] = stamp_of(asked ?: side_first(side, MT_PERFORM, MT_ENTER, 0));
	turn_ns[TURN_PREPARED] = stamp_of(answered ?: side_first(side, MT_RUN, MT_ENTER, 0));
	turn_ns[TURN_FINISH] = stamp_of(called ?: side_first(side, MT_RUN, MT_RETURN, 0));
	turn_ns[TURN_FINISHED] = stamp_of(rpc_first(side, MT_RPC_CLIENT_RECEIVE, is_finish_proc));
}

/* A client calls Prepare between Begin and Perform, and Finish between Perform and Confirm. */
static void direct_turns(const struct side *side, int64_t turn_ns[TURNS])
{
	const struct mt_event *confirm = side_first(side, MT_CONFIRM, MT_ENTER, 0);

	turn_ns[TURN_PREPARE] = stamp_of(side_first(side, MT_BEGIN, MT_RETURN, 0));
	turn_ns[TURN_PREPARED] = stamp_of(side_first(side, MT_PERFORM, MT_ENTER, 0));
	turn_ns[TURN_FINISH] = stamp_of(side_first(side, MT_PERFORM, MT_RETURN, 0));
	/* One that is cancelled may be confirmed though Finish was not heard. */
	turn_ns[TURN_FINISHED] = confirm && !confirm->confirm.is_cancelled ? stamp_of(confirm) : 0;
}

static void destination_turns(const struct side *side, int64_t turn_ns[TURNS])
{
	turn_ns[TURN_PREPARE] = stamp_of(side_first(side, MT_PREPARE, MT_ENTER, 0));
	turn_ns[TURN_PREPARED] = stamp_of(side_first(side, MT_PREPARE, MT_RETURN, 0));
	turn_ns[TURN_FINISH] = stamp_of(side_first(side, MT_FINISH, MT_ENTER, 0));
	turn_ns[TURN_FINISHED] = stamp_of(side_first(side, MT_FINISH, MT_RETURN, 0));
}

/* The source's first cookie is Begin's only if its begin was seen, and it is not Run's. */
static const struct mt_event *begun_cookie(const struct side *side)
{
	const struct mt_event *cookie, *run = side_first(side, MT_RUN, MT_ENTER, 0);

	if (side->role == ROLE_DESTINATION) {
		cookie = side_first(side, MT_PREPARE, MT_ENTER, 0);
	} else {
		cookie = side_first(side, MT_COOKIE_FORMAT, MT_RETURN, 0);
		if (!side_first(side, MT_PERFORM, MT_ENTER, 0) &&
		    !side_first(side, MT_BEGIN, MT_ENTER, 0))
			return NULL;
		if (cookie && run && cookie->ktime_ns > run->ktime_ns)
			return NULL;
	}
	return cookie && cookie->cookie.len ? cookie : NULL;
}

static const struct mt_event *prepare_reply(const struct side *side)
{
	const struct mt_event *reply = rpc_first(
		side, side->role == ROLE_SOURCE ? MT_RPC_CLIENT_RECEIVE : MT_RPC_SERVER_SEND,
		is_prepare_proc);

	return reply && reply->rpc.call_len ? reply : NULL;
}

struct trace trace_of(const struct side *side)
{
	struct trace trace = {
		.side = side,
		.daemon = recording_daemon(side->recording, side->events[0]->tgid,
					   (int64_t)side->events[0]->ktime_ns),
		.begun = begun_cookie(side),
		.prepared = prepare_reply(side),
	};

	if (side->role == ROLE_DESTINATION)
		destination_turns(side, trace.turn_ns);
	else if (side->is_p2p)
		p2p_turns(side, trace.turn_ns);
	else
		direct_turns(side, trace.turn_ns);
	return trace;
}

void trace_connections(struct trace *trace)
{
	const struct side *side = trace->side;
	const struct mt_event *run = side_first(side, MT_RUN, MT_ENTER, 0), *event = NULL;
	/* Before Run the source's daemon connects to the other one. */
	int64_t from_ns = side->role == ROLE_SOURCE ? stamp_of(run) : 0;

	trace->has_all_connections = !side_hole(side);
	while ((event = window_next(side, event))) {
		if (event->uuid_check == MT_DISAGREES ||
		    !tcp_is_established(event, side->role == ROLE_SOURCE) ||
		    (int64_t)event->ktime_ns < from_ns)
			continue;
		if (trace->connection_count == CONNECTIONS_MAX) {
			trace->has_all_connections = false;
			return;
		}
		trace->connection[trace->connection_count++] = event;
	}
}
