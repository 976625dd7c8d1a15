/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From CLOCK_MONOTONIC, which is slewed, to CLOCK_MONOTONIC_RAW, which runs straight, and back. */
#include "core/recording/raw.h"

#include <assert.h>
#include <stddef.h>

#include "core/clock/clock.h"

#define ONE 1000000000 /* ppb */
/*
 * The kernel (kernel/time/ntp.c) lets tick be within 10 % and freq within 500 ppm, and for a second
 * adjtime() add 500 ppm and the phase-locked loop a quarter of its offset, which is at most 0.5 s.
 * So the rate of CLOCK_MONOTONIC is within 22.6 % of the raw clock's, and the raw clock's, as seen
 * from it, between 1 / 1.226 and 1 / 0.774.
 */
#define RATE_MIN (-184400000)
#define RATE_MAX 292000000
static_assert(RATE_MIN < 0 && RATE_MIN > -ONE && RATE_MAX > 0, "a clock runs forward");
/* Three spans that last no longer in all are taken to have one change of the rate at most. */
#define DENSE_NS INT64_C(500000000)
/* Three spans whose averages differ by no more are taken to have been slewed to one
 * side at most. */
#define AGREE_PPB 100000
/* How long the span before should last with whose average another one's is compared. */
#define BESIDE_NS INT64_C(500000000)

/* Rates of the raw clock as seen from CLOCK_MONOTONIC, less 1, ppb. */
struct rates {
	int64_t lo, hi;
};

static const struct rates any_rate = {RATE_MIN, RATE_MAX};
static const struct raw_ns impossible = {INT64_MAX, INT64_MIN};

static int64_t divide_down(__int128 numerator, int64_t denominator)
{
	__int128 quotient = numerator / denominator;

	assert(denominator > 0);
	return (int64_t)(quotient - (quotient * denominator > numerator));
}

static int64_t divide_up(__int128 numerator, int64_t denominator)
{
	return -divide_down(-numerator, denominator);
}

static int64_t within(int64_t value, int64_t lo, int64_t hi)
{
	assert(lo <= hi);
	return value < lo ? lo : value > hi ? hi : value;
}

/* The average over the span between two snapshots; lo > hi if the kernel does not allow it. */
static struct rates span_rates(const struct clock_snapshot *from, const struct clock_snapshot *to)
{
	int64_t raw = to->raw_ns - from->raw_ns;
	int64_t longest = to->mono_after_ns - from->mono_before_ns;
	int64_t shortest = to->mono_before_ns - from->mono_after_ns;
	struct rates rates = any_rate;

	if (longest > 0)
		rates.lo = within(divide_down((__int128)(raw - longest) * ONE, longest), RATE_MIN,
				  RATE_MAX + 1);
	if (shortest > 0)
		rates.hi = within(divide_up((__int128)(raw - shortest) * ONE, shortest),
				  RATE_MIN - 1, RATE_MAX);
	return rates;
}

/* What the raw clock shows elapsed_ns of CLOCK_MONOTONIC after it showed raw_ns, or before. */
static struct raw_ns raw_after(int64_t raw_ns, int64_t elapsed_ns, struct rates rates)
{
	__int128 slow = (__int128)elapsed_ns * rates.lo, fast = (__int128)elapsed_ns * rates.hi;

	return (struct raw_ns){
		.lo = raw_ns + elapsed_ns + divide_down(slow < fast ? slow : fast, ONE),
		.hi = raw_ns + elapsed_ns + divide_up(slow < fast ? fast : slow, ONE),
	};
}

/* The snapshot was taken at some instant in its bracket. */
static struct raw_ns raw_from(const struct clock_snapshot *snapshot, int64_t mono_ns,
			      struct rates rates)
{
	return (struct raw_ns){
		.lo = raw_after(snapshot->raw_ns, mono_ns - snapshot->mono_after_ns, rates).lo,
		.hi = raw_after(snapshot->raw_ns, mono_ns - snapshot->mono_before_ns, rates).hi,
	};
}

/* Between a snapshot and the next one, with rates that are anywhere in those. */
static struct raw_ns raw_within(const struct clock_snapshot *snapshot, int64_t mono_ns,
				struct rates rates)
{
	struct raw_ns from = raw_from(&snapshot[0], mono_ns, rates);
	struct raw_ns to = raw_from(&snapshot[1], mono_ns, rates);

	return (struct raw_ns){from.lo > to.lo ? from.lo : to.lo,
			       from.hi < to.hi ? from.hi : to.hi};
}

/* With rates that all are at least lo, or all are at most hi, whatever else the kernel allows. */
static struct raw_ns raw_one_sided(const struct clock_snapshot *snapshot, int64_t mono_ns,
				   struct rates rates)
{
	struct raw_ns fast = raw_within(snapshot, mono_ns, (struct rates){rates.lo, RATE_MAX});
	struct raw_ns slow = raw_within(snapshot, mono_ns, (struct rates){RATE_MIN, rates.hi});

	return (struct raw_ns){fast.lo < slow.lo ? fast.lo : slow.lo,
			       fast.hi > slow.hi ? fast.hi : slow.hi};
}

/* Returns how many snapshots were begun before the instant. */
static size_t snapshots_before(const struct recording *recording, int64_t mono_ns)
{
	size_t lo = 0, hi = recording->snapshot_count;

	while (lo < hi) {
		size_t middle = lo + (hi - lo) / 2;

		assert(middle < hi);
		if (recording->snapshots[middle].mono_before_ns <= mono_ns)
			lo = middle + 1;
		else
			hi = middle;
	}
	return lo;
}

/* The averages of the span that begins at a snapshot and of those beside it. lo > hi as above. */
static struct rates rates_of(const struct recording *recording, size_t at, size_t first,
			     size_t last)
{
	const size_t ends[] = {first, at, at + 1, last};
	struct rates all = {INT64_MAX, INT64_MIN};

	assert(first <= at && at < last && last < recording->snapshot_count);
	for (size_t i = 0; i < 3; i++) {
		struct rates one;

		if (ends[i] == ends[i + 1])
			continue;
		one = span_rates(&recording->snapshots[ends[i]],
				 &recording->snapshots[ends[i + 1]]);
		if (one.lo > one.hi)
			return one;
		all.lo = one.lo < all.lo ? one.lo : all.lo;
		all.hi = one.hi > all.hi ? one.hi : all.hi;
	}
	return all;
}

/*
 * Returns the snapshot with which the span begins that is before that one, and lasts for some time.
 * What follows has to be taken as it is: more snapshots may still come, and change no figure.
 */
static size_t long_before(const struct recording *recording, size_t at)
{
	int64_t from_ns = recording->snapshots[at].mono_before_ns - BESIDE_NS;
	size_t first = at;

	while (first && at - first < RAW_SNAPSHOTS_BEFORE &&
	       recording->snapshots[first].mono_before_ns > from_ns)
		first--;
	assert(first <= at && at - first <= RAW_SNAPSHOTS_BEFORE);
	return first;
}

/* What is known of the rates within a span: each is one of those, or all are on one
 * side of them. */
struct known {
	struct rates rates; /* lo > hi: it cannot be */
	bool is_one_sided;
};

/* Of the span that begins at the snapshot; see core/recording/raw.h. */
static struct known known_of(const struct recording *recording, size_t at)
{
	const struct clock_snapshot *snapshots = recording->snapshots;
	size_t first = at ? at - 1 : at;
	size_t last = at + 2 < recording->snapshot_count ? at + 2 : at + 1;
	bool has_both = last - first == 3, has_none = last - first == 1;
	struct rates rates = rates_of(recording, at, first, last);
	bool is_dense = snapshots[last].mono_after_ns - snapshots[first].mono_before_ns <= DENSE_NS;

	assert(last - first >= 1 && last - first <= 3);
	if (rates.lo > rates.hi || (has_both && is_dense))
		return (struct known){rates, false};
	if (has_both)
		rates = rates_of(recording, at, long_before(recording, at), last);
	if (has_none || (!is_dense && (!has_both || rates.hi - rates.lo > AGREE_PPB)))
		return (struct known){any_rate, false};
	return (struct known){rates, true};
}

static struct raw_ns raw_in_span(const struct recording *recording, size_t at, int64_t mono_ns)
{
	const struct clock_snapshot *snapshot = &recording->snapshots[at];
	struct known known = known_of(recording, at);

	assert(at + 1 < recording->snapshot_count);
	if (known.rates.lo > known.rates.hi)
		return impossible;
	return known.is_one_sided ? raw_one_sided(snapshot, mono_ns, known.rates)
				  : raw_within(snapshot, mono_ns, known.rates);
}

static struct raw_ns raw_at(const struct recording *recording, int64_t mono_ns)
{
	const struct clock_snapshot *snapshots = recording->snapshots;
	size_t before = snapshots_before(recording, mono_ns);

	assert(before <= recording->snapshot_count);
	if (!recording->snapshot_count)
		return (struct raw_ns){0, CLOCK_NS_MAX};
	if (!before || before == recording->snapshot_count)
		return raw_from(&snapshots[before ? before - 1 : 0], mono_ns, any_rate);
	return raw_in_span(recording, before - 1, mono_ns);
}

struct raw_ns raw_of(const struct recording *recording, int64_t mono_ns)
{
	struct raw_ns raw = raw_at(recording, mono_ns);

	if (raw.lo < 0 && raw.hi >= 0)
		raw.lo = 0;
	return raw;
}

/* Returns the most that CLOCK_MONOTONIC can have shown while the raw clock showed
 * at most raw_ns. */
static int64_t mono_most(const struct recording *recording, int64_t raw_ns)
{
	int64_t lo = 0, hi = CLOCK_NS_MAX;

	while (lo < hi) {
		int64_t middle = lo + (hi - lo) / 2;

		if (raw_of(recording, middle).lo > raw_ns)
			hi = middle;
		else
			lo = middle + 1;
	}
	assert(hi >= 0 && hi <= CLOCK_NS_MAX);
	return hi;
}

static int64_t mono_least(const struct recording *recording, int64_t raw_ns)
{
	int64_t lo = 0, hi = CLOCK_NS_MAX;

	while (lo < hi) {
		int64_t middle = hi - (hi - lo) / 2;

		if (raw_of(recording, middle).hi < raw_ns)
			lo = middle;
		else
			hi = middle - 1;
	}
	assert(lo >= 0 && lo <= CLOCK_NS_MAX);
	return lo;
}

/*
 * Halving needs no order among the bounds of neighbouring spans: whatever instant it ends at, the
 * raw clock was beyond raw there, and so was it ever after, or before.
 */
struct mono_ns mono_of(const struct recording *recording, struct raw_ns raw)
{
	return (struct mono_ns){mono_least(recording, raw.lo), mono_most(recording, raw.hi)};
}

/* By how much the two clocks may have gone apart in that part of the span before the snapshot. */
static int64_t apart_ns(const struct recording *recording, size_t before, int64_t from_ns,
			int64_t to_ns)
{
	struct known known = {any_rate, false};
	__int128 ppb, whole = 0;

	if (before && before < recording->snapshot_count)
		known = known_of(recording, before - 1);
	if (known.rates.lo > known.rates.hi)
		known.rates = any_rate;
	if (known.is_one_sided)
		whole = recording->snapshots[before].mono_before_ns -
			recording->snapshots[before - 1].mono_before_ns;
	ppb = known.rates.hi > -known.rates.lo ? known.rates.hi : -known.rates.lo;
	assert(known.rates.lo <= known.rates.hi);
	return divide_up(ppb * (to_ns - from_ns) + whole * (known.rates.hi - known.rates.lo), ONE);
}

int64_t raw_slack_ns(const struct recording *recording, int64_t from_ns, int64_t to_ns)
{
	size_t last = snapshots_before(recording, to_ns);
	int64_t sum = divide_up((__int128)(to_ns - from_ns) * RAW_RATE_PPB, ONE), at_ns = from_ns;

	assert(from_ns <= to_ns && last <= recording->snapshot_count);
	for (size_t i = snapshots_before(recording, from_ns); i <= last; i++) {
		int64_t end_ns = i < last ? recording->snapshots[i].mono_before_ns : to_ns;

		sum += apart_ns(recording, i, at_ns, end_ns);
		assert(at_ns <= end_ns);
		at_ns = end_ns;
	}
	assert(at_ns == to_ns && sum >= 0);
	return sum;
}
