/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long the network lost the guest, by its interfaces, and what it sent to where no guest was.
 */
#include "core/standstill/network.h"

#include <assert.h>
#include <string.h>

#include "core/side/watched.h"
#include "core/standstill/across.h"
#include "core/standstill/watched_pair.h"

static const char no_interface[] = "no network interface of the guest was watched";
static const char how[] = "frames at the guest's interface";

/*
 * A frame that came in as the vCPUs were stopped may have been the guest's yet, though it is not
 * counted as such: until the guest stood still the last one may have come.
 */
static struct instant last_in(const struct watched_pair *seen)
{
	struct instant last = watched_instant(seen->source_end->net.last_in_ns);
	int64_t stopped_ns = (int64_t)seen->stopped->ktime_ns;

	if (last.known && last.ns < stopped_ns)
		last.late_ns = stopped_ns - last.ns;
	assert(last.late_ns >= 0);
	return last;
}

/* Frames that had come too early are the guest's as it starts: then, or until the first is seen. */
static struct instant first_in(const struct watched_pair *seen)
{
	const struct mt_net *net = &seen->destination_end->net;
	struct instant first = watched_instant(net->first_in_ns);
	int64_t started_ns = (int64_t)seen->started->ktime_ns;

	if (!first.known || !net->early || first.ns <= started_ns)
		return first;
	assert(first.ns > started_ns);
	return (struct instant){true, started_ns, first.ns - started_ns};
}

static void silence_find(const struct migration *migration, const struct clocks *clocks,
			 struct silence *silence)
{
	if (!silence->last.known && !silence->first.known)
		silence->time = quantity_unknown("no traffic");
	else if (!silence->last.known)
		silence->time = quantity_unknown("no traffic before the guest stopped");
	else if (!silence->first.known)
		silence->time = quantity_unknown("no traffic since the guest started");
	else
		silence->time = across_instants(migration, clocks, &silence->last, &silence->first);
	if (silence->time.known)
		silence->time.how = how;
}

/* change: since when, or until when, there may be some; where it was not seen all are counted. */
static struct counted frames_of(const struct side *side, const struct mt_event *begin,
				const struct mt_event *end, const struct mt_event *change,
				bool is_late)
{
	const char *why = watched_hole(side, begin, end, change ? change : begin);

	if (!side)
		why = is_late ? "the source's side was not seen"
			      : "the destination's side was not seen";
	else if (!why && !end->net.is_whole)
		why = "the recorder ended before watching did";
	if (why)
		return (struct counted){.why_unknown = why};
	assert(end);
	return (struct counted){true, is_late ? end->net.late : end->net.early, NULL};
}

static void interface_find(const struct migration *migration, const struct clocks *clocks,
			   struct interface *interface)
{
	struct mt_event one = {.kind = MT_NET_BEGIN};
	struct watched_pair seen;
	const char *why;

	memcpy(one.net.address, interface->address, MT_ETHERNET);
	seen = watched_pair(migration, &one);
	why = watched_pair_hole(&seen);

	interface->early = frames_of(migration->destination, seen.destination, seen.destination_end,
				     seen.started, false);
	interface->late =
		frames_of(migration->source, seen.source, seen.source_end, seen.stopped, true);
	if (why) {
		interface->in.time = interface->out.time = quantity_unknown(why);
		return;
	}
	assert(seen.source_end && seen.stopped && seen.destination_end && seen.started);
	interface->in.last.i = last_in(&seen);
	interface->in.first.i = first_in(&seen);
	interface->out.last.i = watched_instant(seen.source_end->net.last_out_ns);
	interface->out.first.i = watched_instant(seen.destination_end->net.first_out_ns);
	silence_find(migration, clocks, &interface->in);
	silence_find(migration, clocks, &interface->out);
}

static void interfaces_add(const struct side *side, struct network *network)
{
	const struct mt_event *begin = NULL;

	while (side && (begin = watched_next(side, MT_NET_BEGIN, begin)) &&
	       network->count < INTERFACES_MAX) {
		size_t i = 0;

		while (i < network->count &&
		       memcmp(network->interface[i].address, begin->net.address, MT_ETHERNET) != 0)
			i++;
		if (i < network->count)
			continue;
		assert(network->count < INTERFACES_MAX);
		memcpy(network->interface[i].address, begin->net.address, MT_ETHERNET);
		network->count++;
	}
}

/* That of one without traffic is none: it may have lost nothing, or all. */
static struct quantity longest(const struct network *network, bool is_in)
{
	struct quantity most = quantity_unknown(no_interface);

	for (size_t i = 0; i < network->count; i++) {
		const struct interface *interface = &network->interface[i];
		const struct quantity *time = is_in ? &interface->in.time : &interface->out.time;

		if (i == 0 || !most.known || (time->known && time->hi_ns > most.hi_ns))
			most = *time;
	}
	return most;
}

void network_find(const struct migration *migration, const struct clocks *clocks,
		  struct network *network)
{
	*network = (struct network){.count = 0};
	interfaces_add(migration->source, network);
	interfaces_add(migration->destination, network);
	for (size_t i = 0; i < network->count; i++)
		interface_find(migration, clocks, &network->interface[i]);
	network->in = longest(network, true);
	network->out = longest(network, false);
}
