/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether two sides can be one migration, whatever their hosts' clocks show. */
#include "core/match/pair.h"

#include <assert.h>
#include <string.h>

#include "core/recording/raw.h"
#include "core/message/tcp.h"

#define FAR ((int64_t)1 << 60) /* beyond any offset: no bound */
static_assert(FAR > CLOCK_NS_MAX && FAR < INT64_MAX / 4, "sums do not overflow");

static bool is_same_cookie(const struct mt_event *a, const struct mt_event *b)
{
	return a->cookie.hash == b->cookie.hash && a->cookie.len == b->cookie.len;
}

static bool differ(const char *a, const char *b)
{
	return a[0] && b[0] && strcmp(a, b) != 0;
}

/*
 * Neither a daemon nor a host migrates to itself (libvirt: qemuMigrationCookieXMLParse). A pod's
 * recorder has the pids of the pod, which another one's processes have, too.
 */
bool pair_is_of_one_host(const struct pair *pair)
{
	const struct side *source = pair->source->side, *destination = pair->destination->side;
	const struct daemon *a = pair->source->daemon, *b = pair->destination->daemon;
	bool has_one_pid = source->events[0]->tgid == destination->events[0]->tgid;

	if (has_one_pid && source->recording == destination->recording)
		return true;
	if (a && b && (differ(a->host, b->host) || differ(a->hostuuid, b->hostuuid)))
		return false;
	return (has_one_pid &&
		recordings_are_of_one_kernel(source->recording, destination->recording)) ||
	       (a && b && a->host[0] && a->hostuuid[0] && !strcmp(a->host, b->host) &&
		!strcmp(a->hostuuid, b->hostuuid));
}

static bool cookies_differ(const struct pair *pair)
{
	const struct mt_event *sent = pair->source->side->cookie;
	const struct mt_event *got = pair->destination->side->cookie;
	const struct mt_event *begun = pair->source->begun, *prepared = pair->destination->begun;

	return (sent && got && got->cookie.len && !is_same_cookie(sent, got)) ||
	       (begun && prepared && !is_same_cookie(begun, prepared));
}

bool pair_is_connected(const struct pair *pair)
{
	const struct trace *source = pair->source, *destination = pair->destination;

	assert(source->connection_count <= CONNECTIONS_MAX);
	assert(destination->connection_count <= CONNECTIONS_MAX);
	for (size_t i = 0; i < source->connection_count; i++)
		for (size_t j = 0; j < destination->connection_count; j++)
			if (tcp_is_other_end(source->connection[i], destination->connection[j]))
				return true;
	return false;
}

/*
 * Both have seen all of QEMU's connections, between the same two addresses, and none is the
 * other's. Where the addresses differ something in between may be connected to each.
 */
static bool connections_differ(const struct pair *pair)
{
	const struct trace *source = pair->source, *destination = pair->destination;

	if (!source->has_all_connections || !destination->has_all_connections ||
	    pair_is_connected(pair))
		return false;
	for (size_t i = 0; i < source->connection_count; i++)
		for (size_t j = 0; j < destination->connection_count; j++)
			if (tcp_is_between_same(source->connection[i], destination->connection[j]))
				return true;
	return false;
}

/* What the offset, destination's clock less source's, can be; empty where lo_ns > hi_ns. */
struct range {
	int64_t lo_ns, hi_ns;
};

/* What is sent to the destination cannot come before it was, nor what comes back from there. */
static struct range pair_range(const struct pair *pair)
{
	static const bool is_back[TURNS] = {[TURN_PREPARED] = true, [TURN_FINISHED] = true};
	struct range range = {-FAR, FAR};

	assert(pair->source->side->role == ROLE_SOURCE);
	assert(pair->destination->side->role == ROLE_DESTINATION);
	for (int turn = 0; turn < TURNS; turn++) {
		int64_t src_ns = pair->source->turn_ns[turn];
		int64_t dst_ns = pair->destination->turn_ns[turn];
		int64_t apart_ns = dst_ns - src_ns;

		if (!src_ns || !dst_ns)
			continue;
		if (is_back[turn])
			range.lo_ns = apart_ns > range.lo_ns ? apart_ns : range.lo_ns;
		else
			range.hi_ns = apart_ns < range.hi_ns ? apart_ns : range.hi_ns;
	}
	return range;
}

static int64_t begin_ns(const struct side *side)
{
	return (int64_t)side->events[0]->ktime_ns;
}

static int64_t end_ns(const struct side *side)
{
	return (int64_t)side->events[side->count - 1]->ktime_ns;
}

static int64_t pair_drift_ns(const struct pair *pair)
{
	const struct side *source = pair->source->side, *destination = pair->destination->side;

	if (recordings_share_clock(source->recording, destination->recording))
		return 0;
	return raw_slack_ns(source->recording, begin_ns(source), end_ns(source)) +
	       raw_slack_ns(destination->recording, begin_ns(destination), end_ns(destination));
}

bool pair_is_possible(const struct pair *pair)
{
	struct range range = pair_range(pair);

	if (pair_is_of_one_host(pair) || cookies_differ(pair) || connections_differ(pair) ||
	    range.lo_ns > range.hi_ns + pair_drift_ns(pair))
		return false;
	return !recordings_share_clock(pair->source->side->recording,
				       pair->destination->side->recording) ||
	       (range.lo_ns <= 0 && range.hi_ns >= 0);
}

bool pair_is_of_one_time(const struct pair *pair, int64_t tolerance_ns)
{
	const struct trace *source = pair->source, *destination = pair->destination;
	int64_t src_ns = source->turn_ns[TURN_PREPARE] ?: begin_ns(source->side);
	int64_t dst_ns = destination->turn_ns[TURN_PREPARE] ?: begin_ns(destination->side);
	int64_t src_real_ns = recording_real_ns(source->side->recording, src_ns);
	int64_t dst_real_ns = recording_real_ns(destination->side->recording, dst_ns);
	int64_t apart_ns = dst_real_ns - src_real_ns;

	return src_real_ns && dst_real_ns && apart_ns <= tolerance_ns && -apart_ns <= tolerance_ns;
}

/*
 * CLOCK_MONOTONIC stands still while a host is suspended, its wall clock does not. Returns how far
 * they went apart between those instants; setting the wall clock looks the same.
 */
static int64_t asleep_ns(const struct recording *recording, int64_t from_ns, int64_t to_ns)
{
	int64_t apart_ns = recording_real_ns(recording, to_ns) -
			   recording_real_ns(recording, from_ns) - (to_ns - from_ns);

	return apart_ns < 0 ? -apart_ns : apart_ns;
}

/* The recording's clock may go wrong by that between any instants of the two sides. */
static int64_t between_ns(const struct side *a, const struct side *b)
{
	int64_t from_ns = begin_ns(a) < begin_ns(b) ? begin_ns(a) : begin_ns(b);
	int64_t to_ns = end_ns(a) > end_ns(b) ? end_ns(a) : end_ns(b);

	assert(from_ns <= to_ns);
	return raw_slack_ns(a->recording, from_ns, to_ns) + asleep_ns(a->recording, from_ns, to_ns);
}

enum pair_agrees pair_agrees(const struct pair *pair, const struct pair *sure)
{
	const struct side *source = pair->source->side, *destination = pair->destination->side;
	const struct side *from = sure->source->side, *to = sure->destination->side;
	struct range range = pair_range(pair), known = pair_range(sure);
	int64_t slack_ns;

	if (source->recording == to->recording && destination->recording == from->recording) {
		const struct side *swapped = from;

		known = (struct range){-known.hi_ns, -known.lo_ns}; /* it is the way back */
		from = to;
		to = swapped;
	}
	if (source->recording != from->recording || destination->recording != to->recording ||
	    known.lo_ns == -FAR || known.hi_ns == FAR)
		return PAIR_INDEPENDENT;
	slack_ns = between_ns(source, from) + between_ns(destination, to);
	assert(slack_ns >= 0);
	return range.lo_ns <= known.hi_ns + slack_ns && range.hi_ns >= known.lo_ns - slack_ns
		       ? PAIR_AGREES
		       : PAIR_CONTRADICTS;
}
