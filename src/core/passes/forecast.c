/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a migration is going, by a model of its passes: when it ends, and for how long the guest
 * will be down; or what would help. */
#include "core/passes/forecast.h"

#include <assert.h>
#include <math.h>

#include "core/passes/dirtying.h"

#define LIMIT_MS	300    /* QEMU's default of downtime-limit */
#define CHUNK_S		0.05   /* for so long QEMU sends RAM before it looks how much is left */
#define DEVICES_S	0.03   /* of a downtime, what is no RAM: of the lab's guests, the median */
#define NETWORK_PER_S	1.25e9 /* 10 Gbit/s, where QEMU may not send as fast as it could: */
#define LIMITED_SHARE	0.8    /* it sends more than that of what it may */
#define SHORT_NS	100000000 /* of less no rate is told */
#define THROTTLE_STEP	0.1	  /* QEMU's cpu-throttle-increment; each time that half as much */
#define THROTTLE_SHARE	0.5	  /* or more was made dirty as was sent, */
#define THROTTLE_EACH_S 1	  /* which is looked at once a second */
#define THROTTLE_MAX	0.99
#define PASSES_FORESEEN 2000
#define PASSES_SURE	2 /* of fewer it is not said that they come to no end */
#define SECONDS_MAX	(7 * 24 * 3600.0)
#define RATE_STEP	1.1

/* What is foreseen goes on from here. */
struct course {
	double remaining;	  /* bytes, in the pass that is going on */
	double sent_per_s;	  /* bytes to its peer */
	double per_s, next_per_s; /* bytes of RAM handled: in that pass, and in later ones */
	double in_pass_s;	  /* for how long it has been going on */
	double threshold;	  /* bytes that are few enough */
	struct dirtying dirtying;
	bool is_throttled; /* more and more, as long as it dirties too much */
};

struct foreseen {
	bool completes;
	double seconds, left; /* until the guest is stopped, and bytes of RAM then */
};

/* QEMU slows the guest down more once a second, if it makes that much dirty. */
static void throttle_more(struct course *course, double seconds, double dirtied)
{
	struct dirtying *dirtying = &course->dirtying;

	if (!course->is_throttled || seconds < THROTTLE_EACH_S ||
	    dirtied < THROTTLE_SHARE * course->next_per_s * seconds)
		return;
	dirtying->throttle = fmin(dirtying->throttle + THROTTLE_STEP, THROTTLE_MAX);
	assert(dirtying->throttle <= THROTTLE_MAX);
}

/* A guest that stands still makes nothing dirty. */
static struct foreseen foresee(struct course course, bool is_halted)
{
	struct foreseen foreseen = {is_halted, 0, course.remaining};
	double before_s = course.in_pass_s, per_s = course.per_s;

	assert(is_halted || per_s > 0);
	for (int i = 0; !is_halted && i < PASSES_FORESEEN && foreseen.seconds < SECONDS_MAX; i++) {
		double chunk = per_s * CHUNK_S;
		double chunks = ceil(fmax(course.remaining - course.threshold, 0) / chunk);
		double left = fmax(course.remaining - fmax(chunks, i ? 1 : 0) * chunk, 0);
		double seconds = (course.remaining - left) / per_s, dirtied;

		dirtied = dirtying_in(&course.dirtying, seconds + before_s);
		foreseen.seconds += seconds;
		foreseen.left = course.remaining = left + dirtied;
		foreseen.completes = course.remaining <= course.threshold;
		if (foreseen.completes)
			return foreseen;
		throttle_more(&course, seconds + before_s, dirtied);
		before_s = 0;
		per_s = course.next_per_s;
	}
	return foreseen;
}

static bool helps(const struct course *course)
{
	return foresee(*course, false).completes;
}

static void remedy_find(const struct course *course, int64_t limit, struct remedy *remedy)
{
	struct course changed;

	for (double factor = RATE_STEP; factor < 1e4; factor *= RATE_STEP) {
		changed = *course;
		changed.threshold *= factor;
		if (!remedy->limit_ms.known && helps(&changed))
			remedy->limit_ms = opt_of((int64_t)ceil((double)limit * factor));
		changed.per_s *= factor;
		changed.next_per_s *= factor;
		if (!remedy->bytes_per_s.known && helps(&changed))
			remedy->bytes_per_s = opt_of((int64_t)(course->sent_per_s * factor));
	}
	for (int per_cent = 1; per_cent <= 99 && !remedy->throttle.known; per_cent++) {
		changed = *course;
		changed.dirtying.throttle = per_cent / 100.0;
		changed.is_throttled = false;
		if (per_cent / 100.0 > course->dirtying.throttle && helps(&changed))
			remedy->throttle = opt_of(per_cent);
	}
}

static double rate_between(const struct ram *from, const struct ram *to, struct opt_i64 from_bytes,
			   struct opt_i64 to_bytes)
{
	if (!from_bytes.known || !to_bytes.known || to_bytes.v <= from_bytes.v ||
	    to->at_ns - from->at_ns < SHORT_NS)
		return 0;
	assert(to->at_ns > from->at_ns);
	return (double)(to_bytes.v - from_bytes.v) * 1e9 / (double)(to->at_ns - from->at_ns);
}

/* The last pass that went on for long enough, before the one that is going on; or NULL. */
static const struct pass *pass_before(const struct passes *passes)
{
	assert(passes->count && passes->count <= PASSES_MAX);
	for (size_t i = passes->count - 1; i-- > 0;)
		if (passes->pass[i].handled.known && passes->pass[i].length_ns.known &&
		    passes->pass[i].length_ns.v >= SHORT_NS)
			return &passes->pass[i];
	return NULL;
}

/*
 * The rates of the pass that is going on, of its second half so far, else of the one before. Zero
 * pages, of which the first pass has many, cost nothing: what is sent tells what others cost.
 */
static bool rates_find(const struct passes *passes, struct course *course)
{
	const struct ram *from = &passes->middle, *now = &passes->now;
	const struct pass *before = pass_before(passes);

	if (now->at_ns - from->at_ns < SHORT_NS)
		from = &passes->begun;
	course->per_s = rate_between(from, now, from->handled, now->handled);
	course->sent_per_s = rate_between(from, now, from->sent, now->sent);
	if (before && course->sent_per_s <= 0)
		course->sent_per_s = (double)opt_or(rate_of(before->sent, before->length_ns), 0);
	course->next_per_s = course->sent_per_s;
	if (course->per_s > 0 && passes->count > 1)
		course->next_per_s = course->per_s;
	if (course->per_s <= 0)
		course->per_s = course->sent_per_s;
	return course->sent_per_s > 0;
}

/*
 * In the first pass memory that was never touched is all zero, and takes no time. QEMU's own is not
 * told from the guest's, which is mostly more.
 */
static double first_pass_left(const struct passes *passes, double left)
{
	double resident = (double)opt_or(passes->resident, INT64_MAX);

	return fmin(left, fmax(0, resident - (double)opt_or(passes->now.sent, 0)));
}

static void remaining_find(const struct passes *passes, int64_t at_ns, struct course *course)
{
	const struct pass *pass = &passes->pass[passes->count - 1];
	double since_s = (double)(at_ns - passes->now.at_ns) / 1e9;
	double left =
		(double)(pass->remaining.v - (passes->now.handled.v - passes->begun.handled.v));

	assert(pass->remaining.known && passes->now.handled.known && passes->begun.handled.known);
	if (opt_or(pass->number, 0) == 1) {
		left = first_pass_left(passes, left);
		course->per_s = course->sent_per_s;
	}
	course->remaining = fmax(0, left - course->per_s * since_s);
	course->in_pass_s = (double)(at_ns - pass->at_ns) / 1e9;
}

/* Of the last RAM, which is sent as fast as the network can, whatever the limit was before. */
static double last_per_s(const struct passes *passes, const struct course *course)
{
	double limit = (double)opt_or(passes->rate_limit, INT64_MAX);

	return course->sent_per_s > LIMITED_SHARE * limit ? fmax(NETWORK_PER_S, course->sent_per_s)
							  : course->sent_per_s;
}

static const char *why_not(const struct passes *passes)
{
	if (!passes->count)
		return "no pass over the guest's RAM was seen";
	if (!passes->pass[passes->count - 1].remaining.known || !passes->now.handled.known ||
	    !passes->begun.handled.known)
		return "QEMU's counters of what it sent were not seen";
	return NULL;
}

static int64_t limit_ms(const struct passes *passes)
{
	return opt_or(passes->expected.limit, LIMIT_MS);
}

/* Returns why there is none, or NULL. */
static const char *course_find(const struct passes *passes, int64_t at_ns, struct course *course)
{
	const char *why = why_not(passes);

	if (why)
		return why;
	if (!rates_find(passes, course))
		return "too little was sent as yet";
	remaining_find(passes, at_ns, course);
	dirtying_fit(passes, &course->dirtying);
	course->is_throttled = opt_or(passes->throttle, 0) > 0;
	course->threshold = course->sent_per_s * (double)limit_ms(passes) / 1e3;
	return NULL;
}

void forecast_of(const struct passes *passes, int64_t at_ns, struct forecast *forecast)
{
	struct course course = {0};
	struct foreseen foreseen;

	*forecast = (struct forecast){.at_ns = at_ns};
	forecast->why_unknown = course_find(passes, at_ns, &course);
	if (forecast->why_unknown)
		return;
	assert(course.sent_per_s > 0 && course.remaining >= 0);
	foreseen = foresee(course, passes->is_halted);
	forecast->completes = foreseen.completes;
	forecast->is_first_pass = !course.dirtying.passes;
	forecast->bytes_per_s = (int64_t)course.next_per_s;
	forecast->dirty_per_s = (int64_t)dirtying_at_first(&course.dirtying);
	forecast->remaining = (int64_t)course.remaining;
	forecast->downtime_ns =
		(int64_t)((foreseen.left / last_per_s(passes, &course) + DEVICES_S) * 1e9);
	forecast->end_ns = at_ns + (int64_t)(foreseen.seconds * 1e9) + forecast->downtime_ns;
	if (!forecast->completes && course.dirtying.passes < PASSES_SURE)
		forecast->why_unknown = "what the guest makes dirty is not sure as yet";
	else if (!forecast->completes)
		remedy_find(&course, limit_ms(passes), &forecast->remedy);
}
