/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Time that begins on one host and ends on the other. */
#include "core/standstill/across.h"

#include "core/recording/raw.h"

#define ONE 1000000000 /* ppb */

/* What a clock shows while another one, by that much faster than it, shows ns: cut, or one more. */
static int64_t slower_ns(int64_t ns, int64_t faster_ppb)
{
	return (int64_t)((__int128)ns * ONE / (ONE + faster_ppb));
}

/* What the source's raw clock showed since what was handed over had come: negative before it. */
static struct raw_ns since_received(const struct side *destination, const struct clocks *clocks,
				    int64_t dst_ns)
{
	struct raw_ns from = raw_of(destination->recording, destination->received.ns);
	struct raw_ns to = raw_of(destination->recording, dst_ns);
	int64_t least_ppb = clocks->drift_lo_ppb - clocks->wander_ppb;
	int64_t most_ppb = clocks->drift_hi_ppb + clocks->wander_ppb;
	int64_t lo = to.lo - from.hi, hi = to.hi - from.lo;

	return (struct raw_ns){
		.lo = slower_ns(lo, lo < 0 ? least_ppb : most_ppb) - 1,
		.hi = slower_ns(hi, hi < 0 ? most_ppb : least_ppb) + 1,
	};
}

/* What the source's clock showed at that instant of the destination's. */
static struct mono_ns on_source(const struct migration *migration, const struct clocks *clocks,
				int64_t dst_ns)
{
	const struct side *source = migration->source;
	struct raw_ns sent = raw_of(source->recording, source->sent.ns);
	struct raw_ns since = since_received(migration->destination, clocks, dst_ns);

	return mono_of(source->recording,
		       (struct raw_ns){sent.lo + clocks->transfer.lo_ns + since.lo,
				       sent.hi + clocks->transfer.hi_ns + since.hi});
}

struct quantity across(const struct migration *migration, const struct clocks *clocks,
		       int64_t src_ns, int64_t dst_ns)
{
	const struct quantity *transfer = &clocks->transfer;
	int64_t spans =
		migration->source->sent.ns - src_ns + dst_ns - migration->destination->received.ns;
	struct quantity whole;
	struct mono_ns end;
	int64_t lo, hi;

	if (!transfer->known)
		return *transfer;
	if (clocks->are_one)
		return quantity_exact(spans + transfer->est_ns, transfer->how);
	lo = spans + transfer->lo_ns;
	hi = spans + transfer->hi_ns;
	end = on_source(migration, clocks, dst_ns);
	whole = quantity_between(end.lo - src_ns < lo ? end.lo - src_ns : lo,
				 end.hi - src_ns > hi ? end.hi - src_ns : hi, transfer->how);
	whole.est_ns = spans + transfer->est_ns;
	return whole;
}

struct quantity across_instants(const struct migration *migration, const struct clocks *clocks,
				const struct instant *from, const struct instant *to)
{
	struct quantity longest = across(migration, clocks, from->ns, to->ns + to->late_ns);
	struct quantity shortest = across(migration, clocks, from->ns + from->late_ns, to->ns);

	if (!longest.known)
		return longest;
	longest.est_ns = shortest.est_ns + (longest.est_ns - shortest.est_ns) / 2;
	longest.lo_ns = shortest.lo_ns;
	return longest;
}

struct quantity span_of_instants(const struct instant *from, const struct instant *to,
				 const char *how)
{
	return quantity_between(to->ns - from->ns - from->late_ns, to->ns + to->late_ns - from->ns,
				how);
}
