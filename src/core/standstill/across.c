/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Time that begins on one host and ends on the other. */
#include "core/standstill/across.h"

#include <assert.h>

#include "core/recording/raw.h"

#define ONE 1000000000 /* ppb */

/* What a clock shows while another one, by that much faster than it, shows ns: cut, or one more. */
static int64_t slower_ns(int64_t ns, int64_t faster_ppb)
{
	assert(faster_ppb > -ONE);
	return (int64_t)((__int128)ns * ONE / (ONE + faster_ppb));
}

/* What the source's raw clock showed since what was handed over had come: negative before it. */
static struct raw_ns since_received(const struct side *destination, const struct clocks *clocks,
				    struct dst_ns at)
{
	struct raw_ns from = raw_of(destination->recording, destination->dst.received.at.v);
	struct raw_ns to = raw_of(destination->recording, at.v);
	int64_t least_ppb = clocks->drift_lo_ppb - clocks->wander_ppb;
	int64_t most_ppb = clocks->drift_hi_ppb + clocks->wander_ppb;
	int64_t lo = to.lo - from.hi, hi = to.hi - from.lo;

	assert(least_ppb <= most_ppb);
	return (struct raw_ns){
		.lo = slower_ns(lo, lo < 0 ? least_ppb : most_ppb) - 1,
		.hi = slower_ns(hi, hi < 0 ? most_ppb : least_ppb) + 1,
	};
}

/* What the source's clock showed at that instant of the destination's. */
static struct mono_ns on_source(const struct migration *migration, const struct clocks *clocks,
				struct dst_ns at)
{
	const struct side *source = migration->source;
	struct raw_ns sent = raw_of(source->recording, source->src.sent.at.v);
	struct raw_ns since = since_received(migration->destination, clocks, at);

	return mono_of(source->recording,
		       (struct raw_ns){sent.lo + clocks->transfer.lo_ns + since.lo,
				       sent.hi + clocks->transfer.hi_ns + since.hi});
}

struct quantity across(const struct migration *migration, const struct clocks *clocks,
		       struct src_ns from, struct dst_ns to)
{
	const struct quantity *transfer = &clocks->transfer;
	int64_t spans = src_span_ns(from, migration->source->src.sent.at) +
			dst_span_ns(migration->destination->dst.received.at, to);
	struct raw_ns at = raw_of(migration->destination->recording, to.v);
	struct quantity whole;
	struct mono_ns end;
	int64_t lo, hi;

	assert(migration->source->role == ROLE_SOURCE);
	assert(migration->destination->role == ROLE_DESTINATION);
	if (!transfer->known)
		return *transfer;
	if (clocks->are_one)
		return quantity_exact(spans + transfer->est_ns, transfer->how);
	if (!raw_is_possible(&at)) /* of the hand-over that was seen to */
		return quantity_unknown(RAW_CONTRADICTS);
	lo = spans + transfer->lo_ns;
	hi = spans + transfer->hi_ns;
	end = on_source(migration, clocks, to);
	whole = quantity_between(end.lo - from.v < lo ? end.lo - from.v : lo,
				 end.hi - from.v > hi ? end.hi - from.v : hi, transfer->how);
	whole.est_ns = spans + transfer->est_ns;
	return whole;
}

struct quantity across_instants(const struct migration *migration, const struct clocks *clocks,
				const struct src_instant *from, const struct dst_instant *to)
{
	const struct src_ns from_last = {from->at.v + from->late_ns};
	const struct dst_ns to_last = {to->at.v + to->late_ns};
	struct quantity longest = across(migration, clocks, from->at, to_last);
	struct quantity shortest = across(migration, clocks, from_last, to->at);

	assert(from->late_ns >= 0 && to->late_ns >= 0);
	if (!longest.known)
		return longest;
	longest.est_ns = shortest.est_ns + (longest.est_ns - shortest.est_ns) / 2;
	longest.lo_ns = shortest.lo_ns;
	return longest;
}

struct quantity span_of_instants(const struct instant *from, const struct instant *to,
				 const char *how)
{
	assert(from->late_ns >= 0 && to->late_ns >= 0);
	return quantity_between(to->ns - from->ns - from->late_ns, to->ns + to->late_ns - from->ns,
				how);
}
