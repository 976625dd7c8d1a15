/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two ends of a TCP connection show of the segments that went between them. */
#include "core/tcp.h"

#include <string.h>

#include "core/window.h"

#define ESTABLISHED 1 /* Linux: include/net/tcp_states.h */
#define SYN_SENT    2
#define SYN_RECV    3
#define FIN_WAIT1   4
#define FIN_WAIT2   5
#define CLOSE_WAIT  8
#define CLOSING	    11

struct change {
	uint8_t old, new;
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
	return event->kind == MT_TCP_STATE && event->arg[0] == change.old &&
	       event->arg[1] == change.new;
}

/* Both are of one socket, or (mirrored) of the two ends of one connection. */
static bool is_same_connection(const struct mt_event *a, const struct mt_event *b, bool mirrored)
{
	const __u64 *local = &b->arg[mirrored ? 5 : 2], *peer = &b->arg[mirrored ? 2 : 5];
	uint64_t local_port = b->arg[mirrored ? 7 : 4], peer_port = b->arg[mirrored ? 4 : 7];

	return !memcmp(&a->arg[2], local, 16) && !memcmp(&a->arg[5], peer, 16) &&
	       a->arg[4] == local_port && a->arg[7] == peer_port;
}

bool tcp_is_established(const struct mt_event *event, bool is_client)
{
	return has_change(event, is_client ? segments[0].sender : segments[0].receiver);
}

bool tcp_is_other_end(const struct mt_event *a, const struct mt_event *b)
{
	return is_same_connection(a, b, true);
}

/* IPv4 addresses are mapped: ::ffff:127.0.0.0/8. */
static bool is_loopback(const __u64 *address)
{
	static const uint8_t v6[16] = {[15] = 1}, v4[13] = {[10] = 0xff, 0xff, 127};

	return !memcmp(address, v6, sizeof(v6)) || !memcmp(address, v4, sizeof(v4));
}

bool tcp_is_between_same(const struct mt_event *a, const struct mt_event *b)
{
	return !memcmp(&a->arg[2], &b->arg[5], 16) && !memcmp(&a->arg[5], &b->arg[2], 16) &&
	       !is_loopback(&a->arg[2]) && !is_loopback(&a->arg[5]);
}

/* Returns the only event in the window with that change of the connection's other or own end. */
static const struct mt_event *the_only(const struct window *window, const struct mt_event *end,
				       bool mirrored, struct change change)
{
	const struct mt_event *found = NULL;

	for (size_t i = 0; i < window->count; i++) {
		const struct mt_event *event = &window->events[i];

		if (!has_change(event, change) || !is_same_connection(event, end, mirrored))
			continue;
		if (found)
			return NULL;
		found = event;
	}
	return found;
}

/* Takes the event as of the source's end, and looks for the destination's. */
static void event_look(const struct window *source, const struct window *destination,
		       const struct mt_event *event, segment_fn *found, void *arg)
{
	for (size_t i = 0; i < sizeof(segments) / sizeof(segments[0]); i++) {
		struct segment segment = {.what = segments[i].what};
		bool is_forward = has_change(event, segments[i].sender);
		const struct mt_event *other;

		if (!is_forward && !has_change(event, segments[i].receiver))
			continue;
		if (the_only(source, event, false,
			     is_forward ? segments[i].sender : segments[i].receiver) != event)
			continue;
		other = the_only(destination, event, true,
				 is_forward ? segments[i].receiver : segments[i].sender);
		if (!other)
			continue;
		segment.sent = is_forward ? event : other;
		segment.received = is_forward ? other : event;
		found(arg, is_forward, &segment);
	}
}

void segments_find(const struct half *source, const struct half *destination, segment_fn *found,
		   void *arg)
{
	struct window on_source = window_of(source), on_destination = window_of(destination);

	for (size_t i = 0; i < on_source.count; i++) {
		const struct mt_event *event = &on_source.events[i];

		if (event->kind == MT_TCP_STATE && !memcmp(event->uuid, half_uuid(source), MT_UUID))
			event_look(&on_source, &on_destination, event, found, arg);
	}
}
