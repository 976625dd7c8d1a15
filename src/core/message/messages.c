/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The messages of one migration that crossed between its hosts, as bounds on their clocks. */
#include "core/message/messages.h"

#include <assert.h>
#include <string.h>

#include "core/event/monitor.h"
#include "core/recording/raw.h"
#include "core/message/rpc.h"
#include "core/message/tcp.h"
#include "core/side/window.h"

static const char by_rpc[] = "rpc";
static const char by_phase[] = "phase";
static const char by_tcp[] = "tcp";
static const char by_qemu[] = "qemu";
static const char by_exchange[] = "exchange";

#define NEAR_NS INT64_C(3000000000)

struct search {
	const struct side *source, *destination;
	/* Around the hand-over: beyond a hole may be another attempt. */
	struct span src, dst;
	struct messages *found;
};

static bool is_within(const struct span *span, int64_t ns)
{
	return ns >= span->from_ns && ns <= span->to_ns;
}

/* A message in that direction, with a stamp of each host's CLOCK_MONOTONIC. */
static void found_add(const struct search *search, enum clock_direction direction,
		      struct src_ns at_src, struct dst_ns at_dst, const char *source,
		      const char *what)
{
	struct raw_ns src = raw_of(search->source->recording, at_src.v);
	struct raw_ns dst = raw_of(search->destination->recording, at_dst.v);
	bool is_forward = direction == CLOCK_FORWARD;
	struct messages *found = search->found;

	assert(direction == CLOCK_FORWARD || direction == CLOCK_BACKWARD);
	assert(found->count <= MESSAGES_MAX);
	if (!is_within(&search->src, at_src.v) || !is_within(&search->dst, at_dst.v))
		return;
	if (!raw_is_possible(&src) || !raw_is_possible(&dst))
		found->is_contradictory = true;
	else if (found->count < MESSAGES_MAX)
		found->message[found->count++] = (struct clock_message){
			.direction = direction,
			.at_src = {is_forward ? src.lo : src.hi},
			.at_dst = {is_forward ? dst.hi : dst.lo},
			.source = source,
			.what = what,
		};
}

static struct src_ns on_src(const struct mt_event *event)
{
	return (struct src_ns){(int64_t)event->ktime_ns};
}

static struct dst_ns on_dst(const struct mt_event *event)
{
	return (struct dst_ns){(int64_t)event->ktime_ns};
}

static void on_call(void *arg, const struct call *call)
{
	found_add(arg, call->is_reply ? CLOCK_BACKWARD : CLOCK_FORWARD, call->at_src, call->at_dst,
		  by_rpc, call->is_reply ? "reply" : "call");
}

/* One thing that libvirt does on one host before another on the other: whoever drives the job. */
struct order {
	enum clock_direction direction;
	enum mt_kind source_kind;
	enum mt_edge source_edge;
	enum mt_kind destination_kind;
	enum mt_edge destination_edge;
	const char *what;
};

/* libvirt: qemuMigrationSrcPerformPeer2Peer3 and virDomainMigrateVersion3Full. */
static const struct order orders[] = {
	{CLOCK_FORWARD, MT_BEGIN, MT_RETURN, MT_PREPARE, MT_ENTER, "Begin, then Prepare"},
	{CLOCK_BACKWARD, MT_RUN, MT_ENTER, MT_PREPARE, MT_RETURN, "Prepare, then Run"},
	{CLOCK_FORWARD, MT_RUN, MT_RETURN, MT_FINISH, MT_ENTER, "Run, then Finish"},
};

/* Returns the only event of its kind and edge in the side: what came twice orders nothing. */
static const struct mt_event *the_only(const struct side *side, enum mt_kind kind,
				       enum mt_edge edge)
{
	const struct mt_event *first = side_first(side, kind, edge, 0);

	return first == side_last(side, kind, edge, 0, INT64_MAX) ? first : NULL;
}

static void order_find(const struct search *search, const struct order *order)
{
	const struct mt_event *src =
		the_only(search->source, order->source_kind, order->source_edge);
	const struct mt_event *dst =
		the_only(search->destination, order->destination_kind, order->destination_edge);

	if (src && dst)
		found_add(search, order->direction, on_src(src), on_dst(dst), by_phase,
			  order->what);
}

/* A p2p Perform is one call: it begins before all that the destination does. */
static void perform_find(const struct search *search)
{
	const struct mt_event *perform = search->source->phase[PHASE_PERFORM].began;
	const struct mt_event *prepare = the_only(search->destination, MT_PREPARE, MT_ENTER);

	if (perform && prepare && search->source->is_p2p)
		found_add(search, CLOCK_FORWARD, on_src(perform), on_dst(prepare), by_phase,
			  "Perform, then Prepare");
}

/*
 * Who hears that Finish has worked ends the job. If it has not, or that was not heard since the
 * connection broke, the source's end may come before Finish's.
 */
static void finish_find(const struct search *search)
{
	const struct side *source = search->source;
	const struct mt_event *finished = the_only(search->destination, MT_FINISH, MT_RETURN);
	const struct mt_event *confirm = the_only(source, MT_CONFIRM, MT_ENTER);
	const struct mt_event *complete = the_only(source, MT_COMPLETE, MT_ENTER);
	const struct phase *perform = &source->phase[PHASE_PERFORM];
	const struct mt_event *end = NULL;

	if (source->is_p2p && perform->began && phase_return(perform) &&
	    perform->result == PHASE_WORKED)
		end = complete ? complete : perform->ended;
	else if (!source->is_p2p && confirm && !confirm->confirm.is_cancelled)
		end = confirm;
	assert(!end || end == confirm || source->is_p2p);
	if (finished && end)
		found_add(search, CLOCK_BACKWARD, on_src(end), on_dst(finished), by_phase,
			  end == confirm ? "Finish, then Confirm" : "Finish, then Perform's end");
}

static void on_segment(void *arg, bool is_forward, const struct segment *segment)
{
	const struct mt_event *on_source = is_forward ? segment->sent : segment->received;
	const struct mt_event *on_destination = is_forward ? segment->received : segment->sent;

	found_add(arg, is_forward ? CLOCK_FORWARD : CLOCK_BACKWARD, on_src(on_source),
		  on_dst(on_destination), by_tcp, segment->what);
}

/* Returns the only event of that kind of the domain's QEMU, with that number unless it is 0. */
static const struct mt_event *qemu_only(const struct side *side, enum mt_kind kind, uint64_t number)
{
	const struct mt_event *event = NULL, *found = NULL;

	while ((event = window_next_qemu(side, event))) {
		if (event->kind != kind || (number && event->ping.number != number))
			continue;
		if (found)
			return NULL;
		found = event;
	}
	assert(!found || found->kind == kind);
	return found;
}

/*
 * QEMU's source asks for a pong at the start of the stream, with number 1, if there is a return
 * path. Then it is complete only when the destination has said on that path that it is done
 * (migration/migration.c, savevm.c), and libvirt hears of that still later.
 */
static void return_path_find(const struct search *search)
{
	const struct mt_event *ping = qemu_only(search->source, MT_QEMU_PING, 1);
	const struct mt_event *pong = qemu_only(search->destination, MT_QEMU_PONG, 1);
	const struct mt_event *shut = qemu_only(search->destination, MT_QEMU_SHUT, 0);
	const struct mt_event *completed = NULL;

	if (!ping || !pong)
		return;
	found_add(search, CLOCK_FORWARD, on_src(ping), on_dst(pong), by_qemu,
		  "ping on the return path");
	for (size_t i = 0; !completed && i < search->source->count; i++)
		if (monitor_status_is(search->source->events[i], "completed"))
			completed = search->source->events[i];
	if (shut && completed)
		found_add(search, CLOCK_BACKWARD, on_src(completed), on_dst(shut), by_qemu,
			  "end of the return path");
}

/* Not farther from the hand-over than its bound could tell: by the drift it would be wider. */
static bool is_near(int64_t stamp_ns, int64_t instant_ns)
{
	return stamp_ns - instant_ns < NEAR_NS && instant_ns - stamp_ns < NEAR_NS;
}

/* A recording that others were joined to has their ids, too. */
static bool is_of(const struct exchange *exchange, const struct recording *peer)
{
	for (; exchange->peer[0] && peer; peer = peer->part)
		if (!strcmp(exchange->peer, peer->id))
			return true;
	return false;
}

/* What the recorders asked each other, if they were linked; either may have asked. */
static void exchanges_find(const struct search *search)
{
	const struct recording *source = search->source->recording;
	const struct recording *destination = search->destination->recording;

	for (size_t i = 0; i < source->exchange_count; i++) {
		const struct exchange *e = &source->exchanges[i];

		if (!is_of(e, destination) || !window_has(search->source, e->t4_ns) ||
		    !window_has(search->destination, e->t3_ns) ||
		    !is_near(e->t4_ns, search->source->src.sent.at.v))
			continue;
		found_add(search, CLOCK_FORWARD, (struct src_ns){e->t1_ns},
			  (struct dst_ns){e->t2_ns}, by_exchange, "question");
		found_add(search, CLOCK_BACKWARD, (struct src_ns){e->t4_ns},
			  (struct dst_ns){e->t3_ns}, by_exchange, "answer");
	}
	for (size_t i = 0; i < destination->exchange_count; i++) {
		const struct exchange *e = &destination->exchanges[i];

		if (!is_of(e, source) || !window_has(search->destination, e->t4_ns) ||
		    !window_has(search->source, e->t3_ns) ||
		    !is_near(e->t4_ns, search->destination->dst.received.at.v))
			continue;
		found_add(search, CLOCK_BACKWARD, (struct src_ns){e->t2_ns},
			  (struct dst_ns){e->t1_ns}, by_exchange, "question");
		found_add(search, CLOCK_FORWARD, (struct src_ns){e->t3_ns},
			  (struct dst_ns){e->t4_ns}, by_exchange, "answer");
	}
}

void messages_find(const struct side *source, const struct side *destination,
		   struct messages *messages)
{
	struct search search = {
		.source = source,
		.destination = destination,
		.src = recording_whole_around(source->recording, side_uuid(source),
					      source->src.sent.at.v),
		.dst = recording_whole_around(destination->recording, side_uuid(destination),
					      destination->dst.received.at.v),
		.found = messages,
	};

	assert(source->role == ROLE_SOURCE && destination->role == ROLE_DESTINATION);
	assert(!messages->count);
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++)
		order_find(&search, &orders[i]);
	perform_find(&search);
	finish_find(&search);
	segments_find(source, destination, on_segment, &search);
	return_path_find(&search);
	calls_find(source, destination, on_call, &search);
	exchanges_find(&search);
}
