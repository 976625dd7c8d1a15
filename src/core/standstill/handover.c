/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parts of the hand-over between the hosts: what either one did of it, and what was on the way. */
#include "core/standstill/handover.h"

#include <assert.h>

#include "core/message/rpc.h"
#include "core/standstill/part_names.h"

/* When the source's daemon had handed over to whoever calls Finish; NULL where it was not seen. */
static const struct mt_event *handed_over(const struct side *source)
{
	const struct mt_event *event = source->is_p2p ? source->phase[PHASE_FINISH].began
						      : source->phase[PHASE_PERFORM].reply;

	return event_ns(event) < source->src.sent.at.v ? NULL : event;
}

/* What the reply of Finish carries of its call; 0 where it was not seen, or cannot be. */
struct finish_call {
	int64_t proxied_ns;    /* the daemon that passed it on had read it */
	int64_t received_ns;   /* the destination's daemon had read it */
	int64_t dispatched_ns; /* a worker began with it */
};

static struct finish_call call_of(const struct side *destination)
{
	const struct mt_event *reply = destination->phase[PHASE_FINISH].reply;
	const struct mt_event *proxy = reply ? call_proxied(destination, reply) : NULL;
	struct finish_call call = {0};

	if (!reply || (int64_t)reply->earlier_ns > destination->dst.received.at.v)
		return call;
	call.received_ns = (int64_t)reply->earlier_ns;
	if (proxy && call.received_ns)
		call.proxied_ns = (int64_t)proxy->earlier_ns;
	if (reply->rpc.dispatched_ns >= reply->earlier_ns &&
	    (int64_t)reply->rpc.dispatched_ns <= destination->dst.received.at.v)
		call.dispatched_ns = (int64_t)reply->rpc.dispatched_ns;
	return call;
}

static struct work work_of(struct spans *spans, const struct stretch *stretch)
{
	return spans ? work_in(spans, stretch) : work_unknown(false, "the recording has a gap");
}

static struct part part_of(const struct handover *handover, const char *name,
			   struct quantity duration, struct work work)
{
	assert(duration.known);
	return (struct part){
		.name = name,
		.place = PLACE_TRANSFER,
		.duration = duration,
		.is_downtime = true,
		.is_blackout = handover->is_blackout,
		.work = work,
	};
}

static struct part source_part(const struct handover *handover, const struct mt_event *over)
{
	const struct side *source = handover->migration->source;
	const struct stretch stretch = {source->src.sent.at.v, event_ns(over), over};

	return part_of(handover, PART_COOKIE,
		       quantity_exact(stretch.to_ns - stretch.from_ns, "one clock"),
		       work_of(handover->spans[ROLE_SOURCE], &stretch));
}

/* The transfer without what is known of it on either side; it cannot be less than nothing. */
static struct part transit_part(const struct handover *handover, int64_t known_ns)
{
	struct quantity rest = *handover->transfer;

	rest.lo_ns = rest.lo_ns > known_ns ? rest.lo_ns - known_ns : 0;
	rest.est_ns -= known_ns;
	rest.hi_ns -= known_ns;
	return part_of(handover,
		       handover->migration->source->is_p2p ? PART_FINISH_CALL : PART_CLIENT, rest,
		       work_unknown(false, "both hosts have their part in it"));
}

/* Of the destination, whose Finish's thread it ends with. */
static struct part destination_part(const struct handover *handover, const char *name,
				    int64_t from_ns, int64_t to_ns)
{
	const struct side *destination = handover->migration->destination;
	const struct stretch stretch = {from_ns, to_ns, destination->phase[PHASE_FINISH].began};

	return part_of(handover, name, quantity_exact(to_ns - from_ns, "one clock"),
		       work_of(handover->spans[ROLE_DESTINATION], &stretch));
}

static size_t destination_parts(const struct handover *handover, const struct finish_call *call,
				struct part *parts)
{
	int64_t end_ns = handover->migration->destination->dst.received.at.v;

	assert(call->received_ns && call->received_ns <= end_ns);
	if (!call->dispatched_ns) { /* of an older recorder, which did not watch from then on */
		parts[0] = part_of(handover, PART_WORKER_QUEUE_AND_DOMAIN_LOCK,
				   quantity_exact(end_ns - call->received_ns, "one clock"),
				   work_unknown(false, "it was not seen when a worker had it"));
		return 1;
	}
	parts[0] = destination_part(handover, PART_WORKER_QUEUE, call->received_ns,
				    call->dispatched_ns);
	parts[1] = destination_part(handover, PART_DISPATCH_AND_DOMAIN_LOCK, call->dispatched_ns,
				    end_ns);
	return 2;
}

/* Between two daemons of the destination's host. */
static struct part proxy_part(const struct handover *handover, const struct finish_call *call)
{
	assert(call->proxied_ns <= call->received_ns);
	return part_of(handover, "proxy daemon",
		       quantity_exact(call->received_ns - call->proxied_ns, "one clock"),
		       work_unknown(false, "the proxy's threads are not watched"));
}

size_t handover_find(const struct handover *handover, struct part parts[HANDOVER_PARTS])
{
	const struct side *source = handover->migration->source;
	const struct mt_event *over = handed_over(source);
	struct finish_call call = call_of(handover->migration->destination);
	int64_t before_ns = over ? event_ns(over) - source->src.sent.at.v : 0;
	int64_t from_ns = call.proxied_ns ?: call.received_ns;
	int64_t after_ns =
		from_ns ? handover->migration->destination->dst.received.at.v - from_ns : 0;
	size_t count = 0;

	if (before_ns + after_ns > handover->transfer->est_ns)
		before_ns = after_ns = 0;
	if (before_ns)
		parts[count++] = source_part(handover, over);
	assert(before_ns >= 0 && after_ns >= 0);
	parts[count++] = transit_part(handover, before_ns + after_ns);
	if (after_ns && call.proxied_ns)
		parts[count++] = proxy_part(handover, &call);
	if (after_ns)
		count += destination_parts(handover, &call, parts + count);
	assert(count && count <= HANDOVER_PARTS);
	return count;
}
