/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The offset between the two hosts' clocks at the hand-over, and the transfer time that follows
 * from it. */
#include "core/message/offset.h"

#include <assert.h>
#include <errno.h>

#include "core/clock/fit.h"
#include "core/message/messages.h"
#include "core/recording/raw.h"

#define ONE 1000000000 /* ppb */
static_assert(RAW_RATE_PPB < ONE, "a clock runs forward");
static_assert(RAW_WANDER_PPB <= FIT_PPB_MAX, "as fit_offset_at_dst() wants it");

static void evidence_take(const struct messages *messages, const struct fit_evidence *found,
			  struct evidence *evidence)
{
	assert(found->count <= sizeof(evidence->message) / sizeof(evidence->message[0]));
	evidence->count = found->count;
	evidence->needs_rate = found->needs_rate;
	for (size_t i = 0; i < found->count; i++) {
		assert(found->index[i] < messages->count);
		evidence->message[i] = messages->message[found->index[i]];
	}
}

static void refuse(struct clocks *clocks, enum clock_verdict verdict, const char *why)
{
	assert(verdict == CLOCK_UNBOUNDED || verdict == CLOCK_INCONSISTENT);
	clocks->verdict = verdict;
	clocks->contradicts = verdict == CLOCK_INCONSISTENT ? why : NULL;
	clocks->offset = clocks->transfer = quantity_unknown(
		verdict == CLOCK_INCONSISTENT ? "the clocks contradict each other" : why);
}

struct quantity transfer_by(struct src_ns from, struct dst_ns to, const struct quantity *theta)
{
	int64_t ns = theta_ns(from, to);

	assert(theta->known && theta->lo_ns <= theta->hi_ns);
	return quantity_between(ns - theta->hi_ns, ns - theta->lo_ns, theta->how);
}

/* Two raw clocks, each right within RAW_RATE_PPB: rounded up. */
static int64_t rate_limit(void)
{
	return (int64_t)(2 * RAW_RATE_PPB * (int64_t)ONE / (ONE - RAW_RATE_PPB) + 1);
}

/*
 * When it arrived is known by the source's raw clock. The transfer cannot be less than nothing, and
 * the offset is that of CLOCK_MONOTONIC.
 */
static void transfer_find(const struct side *source, const struct side *destination,
			  struct raw_ns arrived, struct clocks *clocks)
{
	static const char how[] = "messages that crossed";
	struct raw_ns sent = raw_of(source->recording, source->src.sent.at.v);
	struct mono_ns at = mono_of(source->recording, arrived);
	int64_t lo = arrived.lo - sent.hi;

	if (arrived.hi < sent.lo) {
		refuse(clocks, CLOCK_INCONSISTENT, "the hand-over was received before it was sent");
		return;
	}
	at.lo = at.lo > source->src.sent.at.v ? at.lo : source->src.sent.at.v;
	at.hi = at.hi > at.lo ? at.hi : at.lo;
	assert(at.lo <= at.hi);
	clocks->transfer = quantity_between(lo > 0 ? lo : 0, arrived.hi - sent.lo, how);
	clocks->offset = quantity_between(
		theta_ns((struct src_ns){at.hi}, destination->dst.received.at),
		theta_ns((struct src_ns){at.lo}, destination->dst.received.at), how);
}

/* What came at the earliest came no earlier than the first of these offsets lets it. */
static void fit_ask(const struct side *source, const struct side *destination, struct fit *fit,
		    const struct messages *messages, struct clocks *clocks)
{
	struct raw_ns received = raw_of(destination->recording, destination->dst.received.at.v);
	struct fit_offset first = fit_offset_at_dst(fit, clocks->rate_ppb, clocks->wander_ppb,
						    (struct dst_ns){received.lo});
	struct fit_offset last = fit_offset_at_dst(fit, clocks->rate_ppb, clocks->wander_ppb,
						   (struct dst_ns){received.hi});

	assert(received.lo <= received.hi);
	evidence_take(messages, &last.lower, &clocks->lower);
	evidence_take(messages, &first.upper, &clocks->upper);
	evidence_take(messages, &first.contradiction, &clocks->contradiction);
	clocks->verdict = first.verdict;
	clocks->drift_lo_ppb = first.drift_lo_ppb;
	clocks->drift_hi_ppb = first.drift_hi_ppb;
	if (first.verdict == CLOCK_INCONSISTENT || last.verdict == CLOCK_INCONSISTENT)
		refuse(clocks, CLOCK_INCONSISTENT, "messages contradict each other");
	else if (first.verdict == CLOCK_UNBOUNDED || last.verdict == CLOCK_UNBOUNDED)
		refuse(clocks, CLOCK_UNBOUNDED, "messages in one direction only were seen");
	else
		transfer_find(source, destination,
			      (struct raw_ns){received.lo - first.hi_ns, received.hi - last.lo_ns},
			      clocks);
}

/* Returns whether the snapshots of a host's clocks allow this instant. */
static bool is_possible(const struct side *side, int64_t ns)
{
	struct raw_ns raw = raw_of(side->recording, ns);

	return raw_is_possible(&raw);
}

/* What one clock shows cannot be received before it was sent. */
static bool is_backwards(const struct clock_message *message)
{
	int64_t ns = theta_ns(message->at_src, message->at_dst);

	return message->direction == CLOCK_FORWARD ? ns < 0 : ns > 0;
}

/* Of one clock nothing has to be bound; but if that were not so, the messages would show it. */
static void one_clock_find(const struct side *source, const struct side *destination,
			   const struct messages *messages, struct clocks *clocks)
{
	clocks->are_one = true;
	clocks->verdict = CLOCK_BOUNDED;
	clocks->offset = quantity_exact(0, "one clock");
	clocks->transfer =
		transfer_by(source->src.sent.at, destination->dst.received.at, &clocks->offset);
	if (clocks->transfer.est_ns < 0)
		refuse(clocks, CLOCK_INCONSISTENT, "the hand-over was received before it was sent");
	for (size_t i = 0; i < messages->count && clocks->verdict == CLOCK_BOUNDED; i++) {
		if (!is_backwards(&messages->message[i]))
			continue;
		clocks->contradiction =
			(struct evidence){.count = 1, .message = {messages->message[i]}};
		refuse(clocks, CLOCK_INCONSISTENT, "a message was received before it was sent");
	}
}

void clocks_find(const struct side *source, const struct side *destination, struct clocks *clocks)
{
	struct messages messages = {.count = 0};
	struct fit *fit = fit_create();
	int err = fit ? 0 : -ENOMEM;

	assert(source->src.sent.known && destination->dst.received.known);
	messages_find(source, destination, &messages);
	*clocks = (struct clocks){
		.rate_ppb = rate_limit(),
		.wander_ppb = RAW_WANDER_PPB,
		.messages = messages.count,
		.at_src_ns = raw_of(source->recording, source->src.sent.at.v).lo,
	};
	for (size_t i = 0; !err && i < messages.count; i++)
		err = fit_add(fit, &messages.message[i], i);
	if (recordings_share_clock(source->recording, destination->recording))
		one_clock_find(source, destination, &messages, clocks);
	else if (!source->recording->snapshot_count || !destination->recording->snapshot_count)
		refuse(clocks, CLOCK_UNBOUNDED,
		       "a recording has no snapshots of its host's clocks");
	else if (messages.is_contradictory || !is_possible(source, source->src.sent.at.v) ||
		 !is_possible(destination, destination->dst.received.at.v))
		refuse(clocks, CLOCK_INCONSISTENT, RAW_CONTRADICTS);
	else if (err)
		refuse(clocks, CLOCK_UNBOUNDED,
		       err == -ENOMEM ? "out of memory" : "a time stamp is out of range");
	else
		fit_ask(source, destination, fit, &messages, clocks);
	fit_free(fit);
}
