/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one side shows of which migration it is of: its calls, cookies and connections. */
#include "core/trace.h"

#include <string.h>

#include "core/tcp.h"
#include "core/window.h"

static int64_t stamp_of(const struct mt_event *event)
{
	return event ? (int64_t)event->ktime_ns : 0;
}

static const struct mt_event *rpc_first(const struct half *half, enum mt_kind kind,
					bool (*is_proc)(uint64_t proc))
{
	for (size_t i = 0; i < half->count; i++)
		if (half->events[i]->kind == kind && is_proc(half->events[i]->arg[4]))
			return half->events[i];
	return NULL;
}

/* Its daemon makes the calls; where they were not seen, what comes before and after them. */
static void p2p_turns(const struct half *half, int64_t turn_ns[TURNS])
{
	const struct mt_event *asked = rpc_first(half, MT_RPC_CLIENT_SEND, is_prepare_proc);
	const struct mt_event *answered = rpc_first(half, MT_RPC_CLIENT_RECEIVE, is_prepare_proc);
	const struct mt_event *called = rpc_first(half, MT_RPC_CLIENT_SEND, is_finish_proc);

	turn_ns[TURN_PREPARE] = stamp_of(asked ?: half_first(half, MT_PERFORM, MT_ENTER, 0));
	turn_ns[TURN_PREPARED] = stamp_of(answered ?: half_first(half, MT_RUN, MT_ENTER, 0));
	turn_ns[TURN_FINISH] = stamp_of(called ?: half_first(half, MT_RUN, MT_RETURN, 0));
	turn_ns[TURN_FINISHED] = stamp_of(rpc_first(half, MT_RPC_CLIENT_RECEIVE, is_finish_proc));
}

/* A client calls Prepare between Begin and Perform, and Finish between Perform and Confirm. */
static void direct_turns(const struct half *half, int64_t turn_ns[TURNS])
{
	const struct mt_event *confirm = half_first(half, MT_CONFIRM, MT_ENTER, 0);

	turn_ns[TURN_PREPARE] = stamp_of(half_first(half, MT_BEGIN, MT_RETURN, 0));
	turn_ns[TURN_PREPARED] = stamp_of(half_first(half, MT_PERFORM, MT_ENTER, 0));
	turn_ns[TURN_FINISH] = stamp_of(half_first(half, MT_PERFORM, MT_RETURN, 0));
	/* One that is cancelled may be confirmed though Finish was not heard. */
	turn_ns[TURN_FINISHED] = confirm && !confirm->arg[0] ? stamp_of(confirm) : 0;
}

static void destination_turns(const struct half *half, int64_t turn_ns[TURNS])
{
	turn_ns[TURN_PREPARE] = stamp_of(half_first(half, MT_PREPARE, MT_ENTER, 0));
	turn_ns[TURN_PREPARED] = stamp_of(half_first(half, MT_PREPARE, MT_RETURN, 0));
	turn_ns[TURN_FINISH] = stamp_of(half_first(half, MT_FINISH, MT_ENTER, 0));
	turn_ns[TURN_FINISHED] = stamp_of(half_first(half, MT_FINISH, MT_RETURN, 0));
}

/* The source's first cookie is Begin's only if its begin was seen, and it is not Run's. */
static const struct mt_event *begun_cookie(const struct half *half)
{
	const struct mt_event *cookie, *run = half_first(half, MT_RUN, MT_ENTER, 0);

	if (half->side == SIDE_DESTINATION) {
		cookie = half_first(half, MT_PREPARE, MT_ENTER, 0);
	} else {
		cookie = half_first(half, MT_COOKIE_FORMAT, MT_RETURN, 0);
		if (!half_first(half, MT_PERFORM, MT_ENTER, 0) &&
		    !half_first(half, MT_BEGIN, MT_ENTER, 0))
			return NULL;
		if (cookie && run && cookie->ktime_ns > run->ktime_ns)
			return NULL;
	}
	return cookie && cookie->cookie_len ? cookie : NULL;
}

static const struct mt_event *prepare_reply(const struct half *half)
{
	const struct mt_event *reply = rpc_first(
		half, half->side == SIDE_SOURCE ? MT_RPC_CLIENT_RECEIVE : MT_RPC_SERVER_SEND,
		is_prepare_proc);

	return reply && reply->call_len ? reply : NULL;
}

struct trace trace_of(const struct half *half)
{
	struct trace trace = {
		.half = half,
		.daemon = recording_daemon(half->recording, half->events[0]->tgid,
					   (int64_t)half->events[0]->ktime_ns),
		.begun = begun_cookie(half),
		.prepared = prepare_reply(half),
	};

	if (half->side == SIDE_DESTINATION)
		destination_turns(half, trace.turn_ns);
	else if (half->is_p2p)
		p2p_turns(half, trace.turn_ns);
	else
		direct_turns(half, trace.turn_ns);
	return trace;
}

void trace_connections(struct trace *trace)
{
	const struct half *half = trace->half;
	const struct mt_event *run = half_first(half, MT_RUN, MT_ENTER, 0), *event = NULL;
	/* Before Run the source's daemon connects to the other one. */
	int64_t from_ns = half->side == SIDE_SOURCE ? stamp_of(run) : 0;

	trace->has_all_connections = !half_hole(half);
	while ((event = window_next(half, event))) {
		if (event->uuid_check == MT_DISAGREES ||
		    !tcp_is_established(event, half->side == SIDE_SOURCE) ||
		    (int64_t)event->ktime_ns < from_ns)
			continue;
		if (trace->connection_count == CONNECTIONS_MAX) {
			trace->has_all_connections = false;
			return;
		}
		trace->connection[trace->connection_count++] = event;
	}
}
