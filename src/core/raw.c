/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From CLOCK_MONOTONIC, which is slewed, to CLOCK_MONOTONIC_RAW, which runs straight. */
#include "core/raw.h"

#include <stddef.h>

#include "core/clock.h"

#define ONE 1000000000 /* ppb */
/*
 * The kernel lets tick be within 10 %, freq within 500 ppm and adjtime() add 500 ppm; by 11.2 % at
 * most the raw clock is then the faster, 10.1 % the slower.
 */
#define RATE_MIN (-101000000)
#define RATE_MAX 112500000

/* Rates of the raw clock as seen from CLOCK_MONOTONIC, less 1, ppb. */
struct rates {
	int64_t lo, hi;
};

static const struct rates any_rate = {RATE_MIN, RATE_MAX};

static int64_t divide_down(__int128 numerator, int64_t denominator)
{
	__int128 quotient = numerator / denominator;

	return (int64_t)(quotient - (quotient * denominator > numerator));
}

static int64_t divide_up(__int128 numerator, int64_t denominator)
{
	return -divide_down(-numerator, denominator);
}

static int64_t within(int64_t value, int64_t lo, int64_t hi)
{
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

/* The rates within the span that begins at that snapshot. */
static struct rates rates_around(const struct recording *recording, size_t at)
{
	const struct clock_snapshot *snapshots = recording->snapshots;
	struct rates all = span_rates(&snapshots[at], &snapshots[at + 1]);
	size_t first = at ? at - 1 : at;

	for (size_t i = first; i <= at + 1 && i + 1 < recording->snapshot_count; i++) {
		struct rates one = span_rates(&snapshots[i], &snapshots[i + 1]);

		if (one.lo > one.hi)
			return one;
		all.lo = one.lo < all.lo ? one.lo : all.lo;
		all.hi = one.hi > all.hi ? one.hi : all.hi;
	}
	return all;
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

/* Returns how many snapshots were begun before the instant. */
static size_t snapshots_before(const struct recording *recording, int64_t mono_ns)
{
	size_t lo = 0, hi = recording->snapshot_count;

	while (lo < hi) {
		size_t middle = lo + (hi - lo) / 2;

		if (recording->snapshots[middle].mono_before_ns <= mono_ns)
			lo = middle + 1;
		else
			hi = middle;
	}
	return lo;
}

static struct raw_ns raw_between(const struct recording *recording, int64_t mono_ns)
{
	const struct clock_snapshot *snapshots = recording->snapshots;
	size_t before = snapshots_before(recording, mono_ns);
	struct raw_ns from, to;
	struct rates rates;

	if (!recording->snapshot_count)
		return (struct raw_ns){0, CLOCK_NS_MAX};
	if (!before || before == recording->snapshot_count)
		return raw_from(&snapshots[before ? before - 1 : 0], mono_ns, any_rate);
	rates = rates_around(recording, before - 1);
	if (rates.lo > rates.hi)
		return (struct raw_ns){INT64_MAX, INT64_MIN};
	from = raw_from(&snapshots[before - 1], mono_ns, rates);
	to = raw_from(&snapshots[before], mono_ns, rates);
	return (struct raw_ns){from.lo > to.lo ? from.lo : to.lo,
			       from.hi < to.hi ? from.hi : to.hi};
}

struct raw_ns raw_of(const struct recording *recording, int64_t mono_ns)
{
	struct raw_ns raw = raw_between(recording, mono_ns);

	if (raw.lo < 0 && raw.hi >= 0)
		raw.lo = 0;
	return raw;
}

int64_t raw_rate_ppb(const struct recording *recording, int64_t from_ns, int64_t to_ns)
{
	size_t first = snapshots_before(recording, from_ns);
	size_t last = snapshots_before(recording, to_ns);
	int64_t most = 0;

	if (!first || last == recording->snapshot_count)
		return RATE_MAX;
	for (size_t i = first - 1; i < last; i++) {
		struct rates rates = rates_around(recording, i);

		most = rates.hi > most ? rates.hi : most;
		most = -rates.lo > most ? -rates.lo : most;
	}
	return most;
}
