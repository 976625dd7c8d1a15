/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one side shows of which migration it belongs to: its calls, cookies and connections. */
#include "core/match/trace.h"

#include <assert.h>
#include <string.h>

#include "core/message/rpc.h"
#include "core/message/tcp.h"
#include "core/side/window.h"

/* Its daemon makes the calls; where they were not seen, what comes before and after them. */
static void p2p_turns(const struct phase *phase, int64_t turn_ns[TURNS])
{
	const struct phase *prepare = &phase[PHASE_PREPARE], *finish = &phase[PHASE_FINISH];

	turn_ns[TURN_PREPARE] = event_ns(prepare->began ?: phase[PHASE_PERFORM].began);
	turn_ns[TURN_PREPARED] = event_ns(prepare->reply ?: phase[PHASE_RUN].began);
	turn_ns[TURN_FINISH] = event_ns(finish->began ?: phase[PHASE_RUN].ended);
	turn_ns[TURN_FINISHED] = event_ns(finish->reply);
}

/* A client calls Prepare between Begin and Perform, and Finish between Perform and Confirm. */
static void direct_turns(const struct phase *phase, int64_t turn_ns[TURNS])
{
	const struct mt_event *confirm = phase[PHASE_CONFIRM].began;

	turn_ns[TURN_PREPARE] = event_ns(phase[PHASE_BEGIN].ended);
	turn_ns[TURN_PREPARED] = event_ns(phase[PHASE_PERFORM].began);
	turn_ns[TURN_FINISH] = event_ns(phase_return(&phase[PHASE_PERFORM]));
	/* One that is cancelled may be confirmed though Finish was not heard. */
	turn_ns[TURN_FINISHED] = confirm && !confirm->confirm.is_cancelled ? event_ns(confirm) : 0;
}

static void destination_turns(const struct phase *phase, int64_t turn_ns[TURNS])
{
	turn_ns[TURN_PREPARE] = event_ns(phase[PHASE_PREPARE].began);
	turn_ns[TURN_PREPARED] = event_ns(phase_return(&phase[PHASE_PREPARE]));
	turn_ns[TURN_FINISH] = event_ns(phase[PHASE_FINISH].began);
	turn_ns[TURN_FINISHED] = event_ns(phase[PHASE_FINISH].ended);
}

/* The source's first cookie is Begin's only if its begin was seen, and it is not Run's. */
static const struct mt_event *begun_cookie(const struct side *side)
{
	const struct phase *phase = side->phase;
	const struct mt_event *cookie, *run = phase[PHASE_RUN].began;

	if (side->role == ROLE_DESTINATION) {
		cookie = phase[PHASE_PREPARE].began;
	} else {
		cookie = side_first(side, MT_COOKIE_FORMAT, MT_RETURN, 0);
		if (!phase[PHASE_PERFORM].began && !phase[PHASE_BEGIN].began)
			return NULL;
		if (cookie && run && cookie->ktime_ns > run->ktime_ns)
			return NULL;
	}
	return cookie && cookie->cookie.len ? cookie : NULL;
}

/* As who calls sees it: a daemon between the two has a serial of its own. */
static const struct mt_event *prepare_reply(const struct side *side)
{
	const struct mt_event *reply = side->phase[PHASE_PREPARE].reply, *proxy = NULL;

	if (reply && side->role == ROLE_DESTINATION)
		proxy = call_proxied(side, reply);
	if (proxy)
		return proxy;
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
		destination_turns(side->phase, trace.turn_ns);
	else if (side->is_p2p)
		p2p_turns(side->phase, trace.turn_ns);
	else
		direct_turns(side->phase, trace.turn_ns);
	return trace;
}

void trace_connections(struct trace *trace)
{
	const struct side *side = trace->side;
	const struct mt_event *event = NULL;
	/* Before Run the source's daemon connects to the other one. */
	int64_t from_ns = side->role == ROLE_SOURCE ? event_ns(side->phase[PHASE_RUN].began) : 0;

	assert(!trace->connection_count);
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
		assert(trace->connection_count < CONNECTIONS_MAX);
		trace->connection[trace->connection_count++] = event;
	}
}
