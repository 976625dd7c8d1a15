/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What two hosts see of a simulated migration beside the calls of simulation.c, and migrations that
 * come to nothing. */
#include "move.h"

#include <stdbool.h>

#include "clocks.h"

#define PREPARE	     303 /* its procedure's number */
#define PORT	     49152
#define FIRST_COOKIE UINT64_C(0x9e3779b97f4a7c15)

int64_t move_delay(uint64_t *rng)
{
	int64_t least = 5000, tail = random_between(rng, 0, 99);

	return least + random_between(rng, 0, tail < 90 ? 60000 : tail < 99 ? 1000000 : 50 * MS);
}

static void tcp_state(struct host *host, const struct truth *truth, const struct ends *ends,
		      bool is_source, int64_t true_ns, unsigned int old, unsigned int new)
{
	const struct mt_endpoint from = {{0, ends->from + 1}, ends->port};
	const struct mt_endpoint to = {{0, ends->to + 1}, PORT};
	struct mt_event *event = host_event(host, truth->uuid, true_ns, MT_TCP_STATE, MT_ENTER);

	event->tcp.old = old;
	event->tcp.new = new;
	event->tcp.local = is_source ? from : to;
	event->tcp.peer = is_source ? to : from;
}

void move_tcp(struct host *source, struct host *destination, const struct truth *t,
	      const struct ends *ends, uint64_t *rng)
{
	int64_t up = t->run + random_between(rng, 1, MS), down = t->sent - 2 * MS;
	int64_t up_b = up + move_delay(rng), down_b = down + move_delay(rng),
		down_a = down_b + move_delay(rng);

	tcp_state(source, t, ends, true, up, 2, 1);
	tcp_state(destination, t, ends, false, up_b, 3, 1);
	if (random_between(rng, 0, 3)) {
		tcp_state(source, t, ends, true, down, 1, 4);
		tcp_state(destination, t, ends, false, down_b, 1, 8);
		tcp_state(source, t, ends, true, down_a, 4, 5);
	}
	if (!random_between(rng, 0, 9)) /* the port is used again: nothing is sure */
		tcp_state(source, t, ends, true, up + 5, 2, 1);
}

/* In a process of its own. */
static void qemu_number(struct host *host, const struct truth *t, int64_t true_ns,
			enum mt_kind kind)
{
	struct mt_event *event = host_event(host, t->uuid, true_ns, kind, MT_ENTER);

	event->tgid = event->tid = host->pid + 7;
	event->ping.number = 1;
}

void move_ping(struct host *source, struct host *destination, const struct truth *t, uint64_t *rng)
{
	int64_t ping = t->run + random_between(rng, 1, 2 * MS);

	qemu_number(source, t, ping, MT_QEMU_PING);
	qemu_number(destination, t, ping + move_delay(rng), MT_QEMU_PONG);
}

/* That of Prepare is the same in each attempt to move the guest from that host. */
static void first_cookie(struct host *source, struct host *destination, const struct truth *t,
			 const struct ends *ends)
{
	const struct mt_cookie cookie = {
		.hash = FIRST_COOKIE * (t->uuid[0] + 256 * (ends->from + 1)), .len = 1000};
	struct mt_event *event;

	host_event(source, t->uuid, t->start + 500, MT_COOKIE_FORMAT, MT_ENTER)->format.party = 1;
	event = host_event(source, t->uuid, t->start + 600, MT_COOKIE_FORMAT, MT_RETURN);
	event->format.party = 1;
	event->format.cookie = cookie;
	for (size_t i = 0; i < destination->recording.event_count; i++) {
		event = &destination->events[i];
		if (event->kind == MT_PREPARE && event->edge == MT_ENTER)
			event->cookie = cookie;
	}
}

/* Keeps the events of which that is true. */
static void events_keep(struct host *host, const struct truth *truth,
			bool (*is_kept)(struct mt_event *event, const struct truth *truth))
{
	size_t kept = 0;

	for (size_t i = 0; i < host->recording.event_count; i++)
		if (is_kept(&host->events[i], truth))
			host->events[kept++] = host->events[i];
	host->recording.event_count = kept;
}

/* Of a migration that somebody cancels while the memory is sent. */
static bool is_of_cancelled(struct mt_event *event, const struct truth *truth)
{
	bool returns = event->edge == MT_RETURN;

	(void)truth;
	switch (event->kind) {
	case MT_RUN:
	case MT_PERFORM:
		if (returns)
			event->result.returned = -1;
		return true;
	case MT_FINISH:
		if (returns)
			event->result.has_succeeded = 0;
		else
			event->finish = (struct mt_finish){.is_cancelled = 1};
		if (!returns)
			event->text_len = 0;
		return true;
	case MT_COOKIE_FORMAT:
	case MT_MONITOR_EVENT:
	case MT_SET_STATE:
	case MT_START_CPUS:
		return false;
	default:
		return true;
	}
}

/* Of one that the destination refuses: Perform returns where Run would have begun. */
static bool is_of_refused(struct mt_event *event, const struct truth *truth)
{
	bool returns = event->edge == MT_RETURN;

	switch (event->kind) {
	case MT_PREPARE:
		if (returns)
			event->result.returned = -1;
		return true;
	case MT_PERFORM:
		if (returns) {
			event->result.returned = -1;
			event->ktime_ns = (uint64_t)(START_NS + truth->performed);
		}
		return true;
	case MT_RPC_CLIENT_SEND:
	case MT_RPC_CLIENT_RECEIVE:
	case MT_RPC_SERVER_SEND:
		return event->rpc.proc == PREPARE;
	default:
		return false;
	}
}

struct truth move_make(struct host *source, struct host *destination, const struct ends *ends,
		       enum move_end end, int64_t start_ns, uint8_t domain, uint64_t *rng)
{
	struct truth truth = simulate_p2p(source, destination, rng, start_ns, domain);

	move_tcp(source, destination, &truth, ends, rng);
	move_ping(source, destination, &truth, rng);
	if (end == MOVE_REFUSED)
		truth.performed = truth.run + 1000;
	if (end != MOVE_COMPLETED) {
		bool (*is_kept)(struct mt_event *, const struct truth *) =
			end == MOVE_REFUSED ? is_of_refused : is_of_cancelled;

		events_keep(source, &truth, is_kept);
		events_keep(destination, &truth, is_kept);
	}
	first_cookie(source, destination, &truth, ends);
	return truth;
}
