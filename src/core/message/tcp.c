/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two ends of a TCP connection show of the segments that went between them. */
#include "core/message/tcp.h"

#include <assert.h>
#include <string.h>

#include "core/recording/event_index.h"
#include "core/side/window.h"

#define ESTABLISHED 1 /* Linux: include/net/tcp_states.h */
#define SYN_SENT    2
#define SYN_RECV    3
#define FIN_WAIT1   4
#define FIN_WAIT2   5
#define CLOSE_WAIT  8
#define CLOSING	    11

struct change {
	uint64_t old, new;
};

/*
 * The state changes before the segment is sent, and after it was received (net/ipv4/tcp_input.c,
 * tcp.c). An ACK of the FIN may be a later one, but none is sent before the FIN has come.
 */
static const struct {
	struct change sender, receiver;
	const char *what;
} segments[] = {
	{{SYN_SENT, ESTABLISHED}, {SYN_RECV, ESTABLISHED}, "ACK of the handshake"},
	{{ESTABLISHED, FIN_WAIT1}, {ESTABLISHED, CLOSE_WAIT}, "FIN"},
	{{ESTABLISHED, FIN_WAIT1}, {FIN_WAIT1, CLOSING}, "FIN"},
	{{ESTABLISHED, CLOSE_WAIT}, {FIN_WAIT1, FIN_WAIT2}, "ACK of the FIN"},
};

static bool has_change(const struct mt_event *event, struct change change)
{
	return event->kind == MT_TCP_STATE && event->tcp.old == change.old &&
	       event->tcp.new == change.new;
}

/* The change of the event's socket, or (mirrored) of the other end of its connection. */
static struct event_key key_of(const struct mt_event *event, bool mirrored, struct change change)
{
	const struct mt_endpoint *local = mirrored ? &event->tcp.peer : &event->tcp.local;
	const struct mt_endpoint *peer = mirrored ? &event->tcp.local : &event->tcp.peer;

	return (struct event_key){{
		change.old,
		change.new,
		local->address[0],
		local->address[1],
		local->port,
		peer->address[0],
		peer->address[1],
		peer->port,
	}};
}

bool tcp_is_established(const struct mt_event *event, bool is_client)
{
	return has_change(event, is_client ? segments[0].sender : segments[0].receiver);
}

static bool is_same_address(const struct mt_endpoint *a, const struct mt_endpoint *b)
{
	return !memcmp(a->address, b->address, sizeof(a->address));
}

static bool is_same_endpoint(const struct mt_endpoint *a, const struct mt_endpoint *b)
{
	return is_same_address(a, b) && a->port == b->port;
}

/* Who connected counts its SYN as sent. A recording that is older has no numbers. */
static bool is_stream(const struct mt_event *sender, const struct mt_event *receiver)
{
	uint32_t from = sender->tcp.sent_from, to = receiver->tcp.received_from;

	return !from || !to || to - from <= 1;
}

/*
 * Whether the segments of one end are those that the other one gets. A proxy that takes a
 * connection's addresses for its own answers each end before the other one does, with numbers of
 * its own; a firewall may change them, and is not told apart.
 */
static bool is_one_connection(const struct mt_event *a, const struct mt_event *b)
{
	return is_stream(a, b) && is_stream(b, a);
}

static bool has_numbers(const struct mt_event *event)
{
	return event->tcp.sent_from && event->tcp.received_from;
}

/* Who changes addresses and ports on the way, and nothing else, leaves the numbers. */
bool tcp_is_other_end(const struct mt_event *a, const struct mt_event *b)
{
	if (is_same_endpoint(&a->tcp.local, &b->tcp.peer) &&
	    is_same_endpoint(&a->tcp.peer, &b->tcp.local))
		return true;
	return has_numbers(a) && has_numbers(b) && is_one_connection(a, b);
}

/* IPv4 addresses are mapped: ::ffff:127.0.0.0/8. */
static bool is_loopback(const struct mt_endpoint *end)
{
	static const uint8_t v6[16] = {[15] = 1}, v4[13] = {[10] = 0xff, 0xff, 127};

	return !memcmp(end->address, v6, sizeof(v6)) || !memcmp(end->address, v4, sizeof(v4));
}

bool tcp_is_between_same(const struct mt_event *a, const struct mt_event *b)
{
	return is_same_address(&a->tcp.local, &b->tcp.peer) &&
	       is_same_address(&a->tcp.peer, &b->tcp.local) && !is_loopback(&a->tcp.local) &&
	       !is_loopback(&a->tcp.peer);
}

/* The changes that one host has seen. */
struct changes {
	struct event_index by_ends, by_numbers;
};

static struct event_key numbers_key(struct change change, uint32_t sent_from,
				    uint32_t received_from)
{
	return (struct event_key){{change.old, change.new, sent_from, received_from}};
}

/* Returns the other end's change where addresses or ports were changed on the way, or NULL. */
static const struct mt_event *translated_find(const struct changes *changes,
					      const struct mt_event *event, struct change change)
{
	const struct mt_event *found = NULL;

	for (uint32_t i = 0; !found && has_numbers(event) && i < 4; i++) {
		const struct event_key key = numbers_key(change, event->tcp.received_from - (i & 1),
							 event->tcp.sent_from + (i >> 1));

		found = event_index_only(&changes->by_numbers, &key);
		assert(!found || found->kind == MT_TCP_STATE);
	}
	return found;
}

static const struct mt_event *other_find(const struct changes *changes,
					 const struct mt_event *event, struct change change)
{
	const struct event_key key = key_of(event, true, change);
	const struct mt_event *other = event_index_only(&changes->by_ends, &key);

	if (!other)
		return translated_find(changes, event, change);
	assert(has_change(other, change));
	return is_one_connection(event, other) ? other : NULL;
}

/* Takes the event as of the source's end, and looks for the destination's. */
static void event_look(const struct changes *source, const struct changes *destination,
		       const struct mt_event *event, segment_fn *found, void *arg)
{
	for (size_t i = 0; i < sizeof(segments) / sizeof(segments[0]); i++) {
		struct segment segment = {.what = segments[i].what};
		bool is_forward = has_change(event, segments[i].sender);
		const struct change own = is_forward ? segments[i].sender : segments[i].receiver;
		const struct change others = is_forward ? segments[i].receiver : segments[i].sender;
		const struct event_key own_key = key_of(event, false, own);
		const struct mt_event *other;

		if (!has_change(event, own) ||
		    event_index_only(&source->by_ends, &own_key) != event)
			continue;
		other = other_find(destination, event, others);
		if (!other)
			continue;
		segment.sent = is_forward ? event : other;
		segment.received = is_forward ? other : event;
		assert(segment.sent != segment.received);
		found(arg, is_forward, &segment);
	}
}

/* Returns 0 or -ENOMEM. */
static int window_index(const struct window *window, struct changes *changes)
{
	int err = 0;

	for (size_t i = 0; !err && i < window->count; i++) {
		const struct mt_event *event = &window->events[i];
		const struct change change = {event->tcp.old, event->tcp.new};
		const struct event_key ends = key_of(event, false, change),
				       numbers = numbers_key(change, event->tcp.sent_from,
							     event->tcp.received_from);

		if (event->kind == MT_TCP_STATE)
			err = event_index_add(&changes->by_ends, &ends, event)
				      ?: event_index_add(&changes->by_numbers, &numbers, event);
	}
	event_index_sort(&changes->by_ends);
	event_index_sort(&changes->by_numbers);
	return err;
}

static void changes_free(struct changes *changes)
{
	event_index_free(&changes->by_ends);
	event_index_free(&changes->by_numbers);
}

void segments_find(const struct side *source, const struct side *destination, segment_fn *found,
		   void *arg)
{
	struct window on_source = window_of(source), on_destination = window_of(destination);
	struct changes sources = {0}, destinations = {0};
	int err =
		window_index(&on_source, &sources) ?: window_index(&on_destination, &destinations);

	assert(source != destination);
	for (size_t i = 0; !err && i < on_source.count; i++) {
		const struct mt_event *event = &on_source.events[i];

		if (event->kind == MT_TCP_STATE && event->uuid_check != MT_DISAGREES &&
		    !memcmp(event->uuid, side_uuid(source), MT_UUID))
			event_look(&sources, &destinations, event, found, arg);
	}
	changes_free(&sources);
	changes_free(&destinations);
}

uint32_t tcp_smallest_mss(const struct side *side)
{
	struct window window = window_of(side);
	uint32_t mss = 0;

	for (size_t i = 0; i < window.count; i++) {
		const struct mt_event *event = &window.events[i];

		if (event->kind != MT_TCP_STATE || !event->tcp.mss ||
		    memcmp(event->uuid, side_uuid(side), MT_UUID) != 0 ||
		    is_loopback(&event->tcp.local))
			continue;
		if (!mss || event->tcp.mss < mss)
			mss = event->tcp.mss;
	}
	assert(!mss || window.count);
	return mss;
}
