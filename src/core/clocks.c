/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the messages of one migration say of its hosts' clocks, and of the time it took to hand
 * over. */
#include "core/clocks.h"

#include "core/fit.h"
#include "core/messages.h"
#include "core/raw.h"

#define ONE 1000000000 /* ppb */

static void evidence_take(const struct messages *messages, const struct fit_evidence *found,
			  struct evidence *evidence)
{
	evidence->count = found->count;
	evidence->needs_rate = found->needs_rate;
	for (size_t i = 0; i < found->count; i++)
		evidence->message[i] = messages->message[found->index[i]];
}

static void refuse(struct clocks *clocks, struct quantity *transfer, enum clock_verdict verdict,
		   const char *why)
{
	clocks->verdict = verdict;
	clocks->contradicts = verdict == CLOCK_INCONSISTENT ? why : NULL;
	clocks->offset = *transfer = quantity_unknown(
		verdict == CLOCK_INCONSISTENT ? "the clocks contradict each other" : why);
}

/* Two raw clocks, each right within RAW_RATE_PPB: rounded up. */
static int64_t rate_limit(void)
{
	return (int64_t)(2 * RAW_RATE_PPB * (int64_t)ONE / (ONE - RAW_RATE_PPB) + 1);
}

/* By how much more or less of that raw time after sent CLOCK_MONOTONIC may have shown. */
static int64_t slewed_ns(const struct half *source, int64_t raw_ns)
{
	int64_t ppb = raw_rate_ppb(source->recording, source->sent.ns,
				   source->sent.ns + raw_ns + raw_ns / 4);

	return (int64_t)(((__int128)raw_ns * ppb + ONE - ppb - 1) / (ONE - ppb));
}

/*
 * The transfer, by the source's raw clock, when the offset at received is known: received - theta -
 * sent. It cannot be less than nothing.
 */
static void transfer_find(const struct half *source, const struct half *destination,
			  const struct fit_offset *offset, struct clocks *clocks,
			  struct quantity *transfer)
{
	static const char how[] = "messages that crossed";
	struct raw_ns sent = raw_of(source->recording, source->sent.ns);
	struct raw_ns received = raw_of(destination->recording, destination->received.ns);
	int64_t lo = received.lo - offset->hi_ns - sent.hi;
	int64_t hi = received.hi - offset->lo_ns - sent.lo;
	int64_t apart = destination->received.ns - source->sent.ns;
	int64_t slewed;

	if (hi < 0) {
		refuse(clocks, transfer, CLOCK_INCONSISTENT,
		       "what was handed over came before it was sent");
		return;
	}
	lo = lo > 0 ? lo : 0;
	*transfer = quantity_between(lo, hi, how);
	slewed = slewed_ns(source, hi);
	clocks->offset = quantity_between(apart - hi - slewed, apart - lo + slewed, how);
}

static void fit_ask(const struct half *source, const struct half *destination, struct fit *fit,
		    const struct messages *messages, struct clocks *clocks,
		    struct quantity *transfer)
{
	struct raw_ns received = raw_of(destination->recording, destination->received.ns);
	struct fit_offset offset = fit_offset_at_dst(fit, clocks->rate_ppb, clocks->wander_ppb,
						     (struct dst_ns){received.lo});

	evidence_take(messages, &offset.lower, &clocks->lower);
	evidence_take(messages, &offset.upper, &clocks->upper);
	evidence_take(messages, &offset.contradiction, &clocks->contradiction);
	clocks->verdict = offset.verdict;
	clocks->drift_lo_ppb = offset.drift_lo_ppb;
	clocks->drift_hi_ppb = offset.drift_hi_ppb;
	if (offset.verdict == CLOCK_INCONSISTENT)
		refuse(clocks, transfer, CLOCK_INCONSISTENT, "messages that cannot all be true");
	else if (offset.verdict == CLOCK_UNBOUNDED)
		refuse(clocks, transfer, CLOCK_UNBOUNDED,
		       "messages in one direction only were seen");
	else
		transfer_find(source, destination, &offset, clocks, transfer);
}

void clocks_find(const struct half *source, const struct half *destination, struct clocks *clocks,
		 struct quantity *transfer)
{
	struct messages messages = {.count = 0};
	struct fit *fit = fit_create();
	int err = fit ? 0 : -1;

	messages_find(source, destination, &messages);
	*clocks = (struct clocks){
		.rate_ppb = rate_limit(),
		.wander_ppb = RAW_WANDER_PPB,
		.messages = messages.count,
		.at_src_ns = raw_of(source->recording, source->sent.ns).lo,
	};
	for (size_t i = 0; !err && i < messages.count; i++)
		err = fit_add(fit, &messages.message[i], i);
	if (!source->recording->snapshot_count || !destination->recording->snapshot_count)
		refuse(clocks, transfer, CLOCK_UNBOUNDED,
		       "a recording has no looks at its host's clocks");
	else if (messages.is_contradictory)
		refuse(clocks, transfer, CLOCK_INCONSISTENT, "the looks at one host's own clocks");
	else if (err)
		refuse(clocks, transfer, CLOCK_UNBOUNDED,
		       "stamps that are no clock's, or too little memory");
	else
		fit_ask(source, destination, fit, &messages, clocks, transfer);
	fit_free(fit);
}
