/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Time that begins on one host and ends on the other. */
#include "core/across.h"

#define ONE 1000000000 /* ppb */

static int64_t half_rate_ppb(const struct half *half)
{
	return recording_rate_ppb(half->recording, (int64_t)half->events[0]->ktime_ns,
				  (int64_t)half->events[half->count - 1]->ktime_ns);
}

/* Clocks with rates 1 + a and 1 + b, |a| and |b| bounded, differ by at most (a + b) / (1 - b). */
static int64_t pair_rate_ppb(const struct migration *migration)
{
	int64_t a = half_rate_ppb(migration->source), b = half_rate_ppb(migration->destination);
	int64_t slower = ONE - (a > b ? a : b);

	return ((a + b) * ONE + slower - 1) / slower;
}

struct quantity across(const struct migration *migration, const struct quantity *transfer,
		       int64_t src_ns, int64_t dst_ns)
{
	int64_t before = migration->source->sent.ns - src_ns;
	int64_t after = dst_ns - migration->destination->received.ns;
	__int128 span = after < 0 ? -after : after;
	struct quantity whole;
	int64_t drift;

	if (!transfer->known)
		return *transfer;
	drift = (int64_t)((span * pair_rate_ppb(migration) + ONE - 1) / ONE);
	whole = quantity_between(before + after + transfer->lo_ns - drift,
				 before + after + transfer->hi_ns + drift, transfer->how);
	whole.est_ns = before + after + transfer->est_ns;
	return whole;
}
