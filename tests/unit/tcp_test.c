/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which segments the two ends of a connection show: each pair right, and none of doubt. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/message/tcp.h"
#include "simulation.h"

#define FOUND_MAX 16
#define SYN_OF_1  500u /* sequence numbers */
#define SYN_OF_2  70000u

enum { ESTABLISHED = 1, SYN_SENT, SYN_RECV, FIN_WAIT1, FIN_WAIT2, CLOSE_WAIT = 8, CLOSING = 11 };

static const uint8_t domain[MT_UUID] = {7}, nobody[MT_UUID] = {0};

struct found {
	size_t count;
	bool is_forward[FOUND_MAX];
	struct segment segment[FOUND_MAX];
};

static void on_segment(void *arg, bool is_forward, const struct segment *segment)
{
	struct found *found = arg;

	assert_true(found->count < FOUND_MAX);
	found->is_forward[found->count] = is_forward;
	found->segment[found->count++] = *segment;
}

/* Host 1 has address 1, host 2 address 2; the source's port is its own, the destination's 49152. */
static void state(struct host *host, int number, int64_t ns, unsigned int old, unsigned int new,
		  uint64_t port)
{
	struct mt_event *event =
		host_event(host, number == 1 ? domain : nobody, ns, MT_TCP_STATE, MT_ENTER);

	event->tcp.old = old;
	event->tcp.new = new;
	event->tcp.local.address[1] = (uint64_t)number;
	event->tcp.local.port = number == 1 ? port : 49152;
	event->tcp.peer.address[1] = 3 - (uint64_t)number;
	event->tcp.peer.port = number == 1 ? 49152 : port;
	event->tcp.sent_from = number == 1 ? SYN_OF_1 : SYN_OF_2 + 1;
	event->tcp.received_from = number == 1 ? SYN_OF_2 + 1 : SYN_OF_1 + 1;
}

/* A whole connection: the source connects and closes first. */
static void connection(struct host *a, struct host *b, int64_t ns, uint64_t port)
{
	state(a, 1, ns + 10, SYN_SENT, ESTABLISHED, port);
	state(b, 2, ns + 20, SYN_RECV, ESTABLISHED, port);
	state(a, 1, ns + 30, ESTABLISHED, FIN_WAIT1, port);
	state(b, 2, ns + 40, ESTABLISHED, CLOSE_WAIT, port);
	state(a, 1, ns + 50, FIN_WAIT1, FIN_WAIT2, port);
}

static struct host a, b;

static void hosts_init(void)
{
	host_init(&a, "a", 100, 0, 0);
	host_init(&b, "b", 200, 7300, 0);
	host_event(&a, domain, 0, MT_PERFORM, MT_ENTER);
	host_event(&b, domain, 0, MT_PREPARE, MT_ENTER);
}

static struct found segments(void)
{
	const struct mt_event *first_a = &a.events[0], *first_b = &b.events[0];
	struct side source = {.recording = &a.recording, .events = &first_a, .count = 1};
	struct side destination = {.recording = &b.recording, .events = &first_b, .count = 1};
	struct found found = {0};

	segments_find(&source, &destination, on_segment, &found);
	return found;
}

static int64_t at(const struct host *host, const struct mt_event *event)
{
	return (int64_t)event->ktime_ns - host_clock(host, 0);
}

static void connection_shows_three_segments(void **unused)
{
	static const struct {
		const char *what;
		bool is_forward;
		int64_t sent, received;
	} expected[] = {
		{"ACK of the handshake", true, 10, 20},
		{"FIN", true, 30, 40},
		{"ACK of the FIN", false, 40, 50},
	};
	struct found found;

	(void)unused;
	hosts_init();
	connection(&a, &b, 0, 50000);
	found = segments();
	assert_int_equal(found.count, 3);
	for (size_t i = 0; i < 3; i++) {
		const struct segment *segment = &found.segment[i];
		bool forward = found.is_forward[i];

		assert_string_equal(segment->what, expected[i].what);
		assert_int_equal(forward, expected[i].is_forward);
		assert_int_equal(at(forward ? &a : &b, segment->sent), expected[i].sent);
		assert_int_equal(at(forward ? &b : &a, segment->received), expected[i].received);
	}
}

static void destination_that_closes_first_sends_the_other_way(void **unused)
{
	struct found found;

	(void)unused;
	hosts_init();
	state(&b, 2, 10, ESTABLISHED, FIN_WAIT1, 50000);
	state(&a, 1, 20, ESTABLISHED, CLOSE_WAIT, 50000);
	state(&b, 2, 30, FIN_WAIT1, FIN_WAIT2, 50000);
	found = segments();
	assert_int_equal(found.count, 2);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(found.is_forward[i],
				 !strcmp(found.segment[i].what, "ACK of the FIN"));
}

static void two_that_close_at_once_show_both_fins(void **unused)
{
	struct found found;

	(void)unused;
	hosts_init();
	state(&a, 1, 10, ESTABLISHED, FIN_WAIT1, 50000);
	state(&b, 2, 11, ESTABLISHED, FIN_WAIT1, 50000);
	state(&a, 1, 20, FIN_WAIT1, CLOSING, 50000);
	state(&b, 2, 21, FIN_WAIT1, CLOSING, 50000);
	found = segments();
	assert_int_equal(found.count, 2);
	assert_int_not_equal(found.is_forward[0], found.is_forward[1]);
}

static void port_that_is_used_again_is_left_out(void **unused)
{
	(void)unused;
	hosts_init();
	connection(&a, &b, 0, 50000);
	connection(&a, &b, 100, 50000);
	assert_int_equal(segments().count, 0);
	hosts_init();
	connection(&a, &b, 0, 50000);
	connection(&a, &b, 100, 50001);
	assert_int_equal(segments().count, 6);
}

static void connection_of_another_domain_or_peer_is_none(void **unused)
{
	(void)unused;
	hosts_init();
	connection(&a, &b, 0, 50000);
	for (size_t i = 1; i < a.recording.event_count; i++)
		a.events[i].uuid[0] = 8;
	assert_int_equal(segments().count, 0);
	hosts_init();
	connection(&a, &b, 0, 50000);
	for (size_t i = 1; i < b.recording.event_count; i++) {
		b.events[i].tcp.peer.address[1] = 9;
		b.events[i].tcp.received_from += 1000;
	}
	assert_int_equal(segments().count, 0);
}

/* Addresses and ports are others, and all numbers are the same. */
static void connection_that_is_translated_is_the_same(void **unused)
{
	(void)unused;
	hosts_init();
	connection(&a, &b, 0, 50000);
	for (size_t i = 1; i < b.recording.event_count; i++) {
		b.events[i].tcp.peer.address[1] = 9;
		b.events[i].tcp.local.port = 40000;
		assert_true(tcp_is_other_end(&a.events[i], &b.events[i]));
	}
	assert_int_equal(segments().count, 3);
	for (size_t i = 1; i < b.recording.event_count; i++)
		b.events[i].tcp.sent_from = 0; /* of an older recorder */
	assert_int_equal(segments().count, 0);
	assert_false(tcp_is_other_end(&a.events[1], &b.events[1]));
}

/* By a proxy that takes the addresses of both: each of its connections has numbers of its own. */
static void connection_that_is_answered_in_between_is_none(void **unused)
{
	(void)unused;
	hosts_init();
	connection(&a, &b, 0, 50000);
	for (size_t i = 1; i < b.recording.event_count; i++)
		b.events[i].tcp.sent_from += 2;
	assert_int_equal(segments().count, 0);
	for (size_t i = 1; i < b.recording.event_count; i++) {
		b.events[i].tcp.sent_from -= 2;
		b.events[i].tcp.received_from -= 2;
	}
	assert_int_equal(segments().count, 0);
	for (size_t i = 1; i < b.recording.event_count; i++)
		b.events[i].tcp.received_from = 0; /* of an older recorder */
	assert_int_equal(segments().count, 3);
}

/* Of the domain's own connections that are no loopback's, the least that any of their states shows.
 */
static void the_smallest_segments_count(void **unused)
{
	static const uint64_t loopback = UINT64_C(1) << 56;
	const struct {
		uint64_t local;
		const uint8_t *uuid;
		uint32_t mss, smallest;
	} more[] = {
		{1, domain, 0, 0},	{1, domain, 1448, 1448},       {1, domain, 1460, 1448},
		{1, nobody, 536, 1448}, {loopback, domain, 536, 1448}, {1, domain, 537, 537},
	};

	(void)unused;
	hosts_init();
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
		const struct mt_event *first = &a.events[0];
		struct side side = {.recording = &a.recording, .events = &first, .count = 1};
		struct mt_event *event =
			host_event(&a, more[i].uuid, 10 + (int64_t)i, MT_TCP_STATE, MT_ENTER);

		event->tcp.local.address[1] = more[i].local;
		event->tcp.mss = more[i].mss;
		assert_int_equal(tcp_smallest_mss(&side), more[i].smallest);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(connection_shows_three_segments),
		cmocka_unit_test(destination_that_closes_first_sends_the_other_way),
		cmocka_unit_test(two_that_close_at_once_show_both_fins),
		cmocka_unit_test(port_that_is_used_again_is_left_out),
		cmocka_unit_test(connection_of_another_domain_or_peer_is_none),
		cmocka_unit_test(connection_that_is_translated_is_the_same),
		cmocka_unit_test(connection_that_is_answered_in_between_is_none),
		cmocka_unit_test(the_smallest_segments_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
