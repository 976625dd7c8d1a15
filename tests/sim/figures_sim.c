/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Simulated hosts, of which the truth is known: is it always inside what a report says? */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "simulation.h"
#include "core/match/correlator.h"
#include "core/figures/figures.h"
#include "record/read.h"
#include "record/write.h"

#define MS	     INT64_C(1000000)
#define START_NS     INT64_C(200000000000000000) /* what simulation.c takes for the beginning */
#define YEARS_10     INT64_C(315360000000000000)
#define TRUE_END_NS  (60000 * MS)
#define PIECES	     64
#define SLEW_LO_PPB  80000000 /* what chrony may do, up to what any tick allows */
#define SLEW_HI_PPB  100000000
#define APART_NS     (500 * MS)
#define DRIFT_PPB    495000 /* with the wander the most that core/message/offset.h has */
#define WANDER_PPB   5000
#define LATE_NS	     (3000 * MS) /* between two snapshots of a recorder that is starved */
#define WITNESSED_NS (3 * MS)	 /* more than the calls of Prepare and Finish take on the way */
#define ROUNDING_NS  3		 /* each stamp is cut to whole ns */

/* A clock as a function of another one: a line of pieces, each with its rate against that. */
struct piece {
	int64_t from_ns, at_ns, ppb;
};

struct curve {
	struct piece piece[PIECES];
	int count;
};

/* The two clocks of one host: the raw one of the true time, CLOCK_MONOTONIC of the raw one. */
struct clocks_of {
	int64_t raw_ahead_ns;
	int64_t step_true_ns, step_ns; /* both clocks; 0: none */
	struct curve raw, mono;
};

struct world {
	struct host host[2];
	struct clocks_of clocks[2];
	struct truth truth;
	bool is_slewed, is_stepped, is_starved;
	bool is_witnessed;  /* the step: messages crossed both ways before it and after it */
	int64_t bracket_ns; /* of a look at the clocks, at most */
};

static int64_t scaled(int64_t ns, int64_t ppb)
{
	return ns + (int64_t)((__int128)ns * ppb / 1000000000);
}

static int64_t step_at(const struct clocks_of *clocks, int64_t true_ns)
{
	return clocks->step_ns && true_ns >= clocks->step_true_ns ? clocks->step_ns : 0;
}

static int64_t curve_at(const struct curve *curve, int64_t ns)
{
	const struct piece *piece = &curve->piece[0];

	for (int i = 1; i < curve->count && curve->piece[i].from_ns <= ns; i++)
		piece = &curve->piece[i];
	return piece->at_ns + scaled(ns - piece->from_ns, piece->ppb);
}

static int64_t raw_clock(const struct clocks_of *clocks, int64_t true_ns)
{
	return clocks->raw_ahead_ns + curve_at(&clocks->raw, true_ns) + step_at(clocks, true_ns);
}

static int64_t mono_clock(const struct clocks_of *clocks, int64_t true_ns)
{
	return curve_at(&clocks->mono, curve_at(&clocks->raw, true_ns)) + step_at(clocks, true_ns);
}

static void piece_add(struct curve *curve, int64_t from_ns, int64_t ppb)
{
	int64_t at_ns = curve_at(curve, from_ns);

	if (curve->count < PIECES)
		curve->piece[curve->count++] = (struct piece){from_ns, at_ns, ppb};
}

/* On, off, or to the other side. */
static int64_t slew_ppb(uint64_t *rng)
{
	int64_t ppb = random_between(rng, SLEW_LO_PPB, SLEW_HI_PPB);

	return ppb * random_between(rng, -1, 1);
}

static void clocks_make(struct clocks_of *clocks, uint64_t *rng, bool is_slewed)
{
	int64_t drift_ppb = random_between(rng, -DRIFT_PPB, DRIFT_PPB);

	*clocks = (struct clocks_of){
		.raw_ahead_ns = random_between(rng, 1000 * MS, START_NS),
		.raw = {.piece = {{.ppb = drift_ppb}}, .count = 1},
		.mono = {.piece = {{.at_ns = START_NS / 4 + random_between(rng, 0, YEARS_10 / 2),
				    .ppb = is_slewed ? slew_ppb(rng) : 0}},
			 .count = 1},
	};
	for (int64_t at = 0; at < TRUE_END_NS;) {
		at += random_between(rng, 50 * MS, 4000 * MS);
		piece_add(&clocks->raw, at,
			  drift_ppb + random_between(rng, -WANDER_PPB, WANDER_PPB));
	}
	for (int64_t at = 0; is_slewed && at < TRUE_END_NS;) {
		at += random_between(rng, APART_NS, 6 * APART_NS);
		piece_add(&clocks->mono, at, slew_ppb(rng));
	}
}

/* Mostly near its least, sometimes far more. */
static int64_t delay(uint64_t *rng)
{
	int64_t least = 5000, tail = random_between(rng, 0, 99);

	return least + random_between(rng, 0, tail < 90 ? 60000 : tail < 99 ? 1000000 : 50 * MS);
}

static void tcp_state(struct host *host, const uint8_t *uuid, int role, int64_t true_ns,
		      unsigned int old, unsigned int new)
{
	struct mt_event *event = host_event(host, uuid, true_ns, MT_TCP_STATE, MT_ENTER);

	event->tcp.old = old;
	event->tcp.new = new;
	event->tcp.local.address[1] = (uint64_t)role + 1;
	event->tcp.local.port = role ? 49152 : 50000;
	event->tcp.peer.address[1] = 2 - (uint64_t)role;
	event->tcp.peer.port = role ? 50000 : 49152;
}

/* The migration's connection: made after Run has begun, closed before it hands over. */
static void simulate_tcp(struct world *world, uint64_t *rng)
{
	struct host *a = &world->host[0], *b = &world->host[1];
	const struct truth *t = &world->truth;
	int64_t up = t->run + random_between(rng, 1, MS), down = t->sent - 2 * MS;
	int64_t up_b = up + delay(rng), down_b = down + delay(rng), down_a = down_b + delay(rng);

	tcp_state(a, t->uuid, 0, up, 2, 1);
	tcp_state(b, t->uuid, 1, up_b, 3, 1);
	if (random_between(rng, 0, 3)) {
		tcp_state(a, t->uuid, 0, down, 1, 4);
		tcp_state(b, t->uuid, 1, down_b, 1, 8);
		tcp_state(a, t->uuid, 0, down_a, 4, 5);
	}
	if (!random_between(rng, 0, 9)) /* the port is used again: nothing is sure */
		tcp_state(a, t->uuid, 0, up + 5, 2, 1);
}

static void simulate_qemu(struct world *world, uint64_t *rng)
{
	int64_t ping = world->truth.run + random_between(rng, 1, 2 * MS);

	host_event(&world->host[0], world->truth.uuid, ping, MT_QEMU_PING, MT_ENTER)->ping.number =
		1;
	host_event(&world->host[1], world->truth.uuid, ping + delay(rng), MT_QEMU_PONG, MT_ENTER)
		->ping.number = 1;
}

/* What a probe that is not attached, or a loss, takes away. */
static void events_drop(struct host *host, unsigned int kinds)
{
	size_t kept = 0;

	for (size_t i = 0; i < host->recording.event_count; i++)
		if (!(kinds & 1u << host->events[i].kind))
			host->events[kept++] = host->events[i];
	host->recording.event_count = kept;
}

/* Returns whether any was. */
static bool sources_drop(struct world *world, uint64_t *rng)
{
	static const unsigned int rpc = 1u << MT_RPC_CLIENT_SEND | 1u << MT_RPC_CLIENT_RECEIVE;
	static const unsigned int dropped[] = {0,
					       0,
					       rpc,
					       1u << MT_RPC_SERVER_SEND,
					       1u << MT_TCP_STATE,
					       1u << MT_TCP_STATE | rpc,
					       1u << MT_QEMU_PONG,
					       1u << MT_PREPARE};

	unsigned int first = dropped[random_next(rng) % 8], second = dropped[random_next(rng) % 8];

	events_drop(&world->host[0], first);
	events_drop(&world->host[1], second);
	return first || second;
}

/* Until here all stamps are true times: from now on they are what the hosts' clocks showed. */
static void events_stamp(struct world *world)
{
	for (int i = 0; i < 2; i++) {
		for (size_t j = 0; j < world->host[i].recording.event_count; j++) {
			struct mt_event *event = &world->host[i].events[j];

			event->ktime_ns = (uint64_t)mono_clock(&world->clocks[i],
							       (int64_t)event->ktime_ns - START_NS);
			if (event->earlier_ns)
				event->earlier_ns = (uint64_t)mono_clock(
					&world->clocks[i], (int64_t)event->earlier_ns - START_NS);
		}
	}
}

/* One host's clocks jump, as when it was suspended: no host can see that by itself. */
static void world_step(struct world *world, bool was_dropped, uint64_t *rng)
{
	struct clocks_of *one = &world->clocks[random_next(rng) % 2];
	const struct truth *t = &world->truth;

	one->step_true_ns = random_between(rng, t->start, t->performed);
	one->step_ns = random_between(rng, WITNESSED_NS, 10000 * MS);
	if (random_next(rng) % 2)
		one->step_ns = -random_between(rng, WITNESSED_NS, 500 * MS);
	world->is_witnessed = !was_dropped && one->step_true_ns > t->run + MS &&
			      one->step_true_ns < t->sent - 10 * MS;
}

static void world_make(struct world *world, uint64_t seed, bool is_ideal)
{
	uint64_t rng = seed;
	int flavour = (int)random_between(&rng, 0, 5);
	bool was_dropped;

	memset(world, 0, sizeof(*world));
	world->is_slewed = (flavour == 1 || flavour == 4) && !is_ideal;
	world->is_stepped = flavour == 2;
	world->is_starved = flavour == 3 || flavour == 4;
	world->bracket_ns = is_ideal ? 0 : random_between(&rng, 100, 1000);
	rng = seed ^ 0x5bd1e995; /* the same in both worlds from here on */
	host_init(&world->host[0], "a", 100, 0, 0);
	host_init(&world->host[1], "b", 200, 0, 0);
	world->truth = simulate_p2p(&world->host[0], &world->host[1], &rng, 1000 * MS, 7);
	simulate_tcp(world, &rng);
	simulate_qemu(world, &rng);
	was_dropped = sources_drop(world, &rng);
	for (int i = 0; i < 2; i++)
		clocks_make(&world->clocks[i], &rng, world->is_slewed);
	if (world->is_stepped)
		world_step(world, was_dropped, &rng);
	events_stamp(world);
}

static int by_time(const void *a, const void *b)
{
	const struct mt_event *x = a, *y = b;

	return x->ktime_ns < y->ktime_ns ? -1 : x->ktime_ns > y->ktime_ns;
}

static void look_write(FILE *out, const struct world *world, int i, int64_t true_ns, uint64_t *rng)
{
	int64_t bracket = world->bracket_ns ? random_between(rng, 0, world->bracket_ns) : 0;
	const struct clocks_of *clocks = &world->clocks[i];
	struct clock_snapshot look = {
		.mono_before_ns = mono_clock(clocks, true_ns),
		.raw_ns = raw_clock(clocks, true_ns + bracket / 2),
		.mono_after_ns = mono_clock(clocks, true_ns + bracket),
	};

	record_write_snapshot(out, &look);
}

/* Ten times a second, or as soon as the recorder comes to it. */
static int64_t look_after_ns(const struct world *world, uint64_t *rng)
{
	return world->is_starved ? random_between(rng, 100 * MS, LATE_NS) : 100 * MS;
}

/* As the recorder writes it: a look at the clocks first, then again and again, and at the end. */
static char *recording_write(struct world *world, int i, uint64_t *rng, size_t *size)
{
	struct host *host = &world->host[i];
	const struct daemon daemon = {.pid = host->pid, .host = "h"};
	const struct record_counts counts = {0};
	int64_t end_ns = world->truth.performed + 400 * MS;
	char *text = NULL;
	FILE *out = open_memstream(&text, size);

	record_write_header(out, false, false);
	record_write_daemon(out, &daemon);
	qsort(host->events, host->recording.event_count, sizeof(struct mt_event), by_time);
	for (int64_t at = 700 * MS; at < end_ns; at += look_after_ns(world, rng))
		look_write(out, world, i, at, rng);
	look_write(out, world, i, end_ns, rng);
	for (size_t j = 0; j < host->recording.event_count; j++)
		record_write_event(out, &host->events[j]);
	record_write_end(out, &counts);
	fclose(out);
	return text;
}

struct answer {
	enum clock_verdict verdict;
	struct figures figures;
	bool is_matched;
};

static void answer_take(void *arg, const struct migration *migrations, size_t count)
{
	struct answer *answer = arg;

	for (size_t i = 0; i < count; i++) {
		if (!migrations[i].source || !migrations[i].destination)
			continue;
		answer->is_matched = true;
		answer->figures = figures_of(&migrations[i]);
		answer->verdict = answer->figures.clocks.verdict;
	}
}

/* Returns whether all of it was taken: looks at clocks that go backwards are left out. */
static bool recording_pass(struct correlator *correlator, struct world *world, int i, uint64_t *rng)
{
	size_t size;
	char *text = recording_write(world, i, rng, &size), *end;
	struct recording *recording = correlator_add(correlator, "simulated");
	struct reader *reader = recording ? reader_open(recording) : NULL;

	if (!reader)
		abort();
	for (char *at = text; (end = memchr(at, '\n', size - (size_t)(at - text))); at = end + 1)
		if (reader_line(reader, at, (size_t)(end - at)))
			abort();
	reader_close(reader);
	free(text);
	return !recording->gap_count;
}

static struct answer world_report(struct world *world, uint64_t *rng)
{
	struct answer answer = {.verdict = CLOCK_UNBOUNDED};
	struct correlator *correlator = correlator_new(SIZE_MAX, SIZE_MAX, answer_take, &answer);
	bool is_taken = true;

	if (!correlator)
		abort();
	for (int i = 0; i < 2; i++)
		is_taken &= recording_pass(correlator, world, i, rng);
	if (is_taken && correlator_end(correlator))
		abort();
	correlator_free(correlator);
	return answer;
}

static bool contains(const struct quantity *quantity, int64_t truth_ns)
{
	return !quantity->known || (quantity->lo_ns - ROUNDING_NS <= truth_ns &&
				    truth_ns <= quantity->hi_ns + ROUNDING_NS);
}

static int64_t mono_span(const struct world *world, int i, int64_t from, int64_t to)
{
	return mono_clock(&world->clocks[i], to) - mono_clock(&world->clocks[i], from);
}

/* By either way to tell how long it was; see core/standstill/across.h. */
static bool whole_holds(const struct world *world, const struct quantity *whole, int64_t from_ns)
{
	const struct truth *t = &world->truth;
	int64_t transfer =
		raw_clock(&world->clocks[0], t->received) - raw_clock(&world->clocks[0], t->sent);

	return contains(whole, mono_span(world, 0, from_ns, t->sent) + transfer +
				       mono_span(world, 1, t->received, t->done)) &&
	       contains(whole, mono_span(world, 0, from_ns, t->done));
}

static bool figures_hold(const struct world *world, const struct figures *figures)
{
	const struct truth *t = &world->truth;
	int64_t offset = mono_clock(&world->clocks[1], t->received) -
			 mono_clock(&world->clocks[0], t->received);
	int64_t transfer =
		raw_clock(&world->clocks[0], t->received) - raw_clock(&world->clocks[0], t->sent);

	if (!contains(&figures->clocks.offset, offset))
		return false;
	return world->is_stepped || (contains(&figures->transfer, transfer) &&
				     whole_holds(world, &figures->downtime, t->stopped) &&
				     whole_holds(world, &figures->elapsed, t->start));
}

static int64_t width(const struct answer *answer)
{
	return answer->figures.clocks.offset.hi_ns - answer->figures.clocks.offset.lo_ns;
}

static void told(const char *name, const struct quantity *q, int64_t truth_ns)
{
	printf("# %-9s [%" PRId64 ", %" PRId64 "] truth %+" PRId64 " from lo, %+" PRId64
	       " from hi\n",
	       name, q->lo_ns, q->hi_ns, truth_ns - q->lo_ns, truth_ns - q->hi_ns);
}

/* For one seed that is run alone. */
static void explain(const struct world *world, const struct figures *figures)
{
	const struct truth *t = &world->truth;
	int64_t transfer =
		raw_clock(&world->clocks[0], t->received) - raw_clock(&world->clocks[0], t->sent);
	int64_t done = mono_span(world, 1, t->received, t->done);

	printf("# slewed %d, starved %d, stepped %d by %" PRId64 ": host %d at %+" PRId64
	       " from received\n",
	       world->is_slewed, world->is_starved, world->is_stepped,
	       world->clocks[0].step_ns + world->clocks[1].step_ns, !world->clocks[0].step_ns,
	       world->clocks[0].step_true_ns + world->clocks[1].step_true_ns - t->received);
	told("offset", &figures->clocks.offset,
	     mono_clock(&world->clocks[1], t->received) -
		     mono_clock(&world->clocks[0], t->received));
	told("transfer", &figures->transfer, transfer);
	told("downtime", &figures->downtime,
	     mono_span(world, 0, t->stopped, t->sent) + transfer + done);
}

struct totals {
	bool is_verbose;
	uint64_t bounded, inconsistent, unbounded, stepped, stepped_caught, clean, clean_bounded;
	/* Of those with looks of some width, against perfect ones: what the messages allow. */
	uint64_t compared, wide;
	double worst_ratio;
};

/* Returns why the seed fails, or NULL. */
static const char *seed_run(uint64_t seed, struct totals *totals)
{
	static struct world world, ideal_world;
	uint64_t rng = ~seed;
	struct answer answer, ideal;
	bool is_bounded;

	world_make(&world, seed, false);
	answer = world_report(&world, &rng);
	is_bounded = answer.verdict == CLOCK_BOUNDED;
	if (totals->is_verbose && is_bounded)
		explain(&world, &answer.figures);
	totals->bounded += is_bounded;
	totals->inconsistent += answer.verdict == CLOCK_INCONSISTENT;
	totals->unbounded += answer.verdict == CLOCK_UNBOUNDED;
	totals->stepped += world.is_witnessed;
	totals->stepped_caught += world.is_witnessed && !is_bounded;
	totals->clean += !world.is_stepped;
	totals->clean_bounded += !world.is_stepped && is_bounded;
	if (is_bounded && world.is_stepped && !world.is_witnessed)
		return NULL; /* what no message has seen cannot be known */
	if (is_bounded && !figures_hold(&world, &answer.figures))
		return "the truth is outside";
	if (!world.is_stepped && answer.verdict == CLOCK_INCONSISTENT)
		return "clocks that did not step are said to contradict";
	if (!is_bounded || world.is_stepped || world.is_slewed || world.is_starved)
		return NULL;
	world_make(&ideal_world, seed, true);
	ideal = world_report(&ideal_world, &rng);
	if (ideal.verdict != CLOCK_BOUNDED)
		return "what is bounded with worse looks is not with perfect ones";
	if ((double)width(&answer) / (double)width(&ideal) > totals->worst_ratio)
		totals->worst_ratio = (double)width(&answer) / (double)width(&ideal);
	totals->compared++;
	totals->wide += width(&answer) > width(&ideal) + width(&ideal) / 20 + 4 * world.bracket_ns;
	return NULL;
}

int main(int argc, char **argv)
{
	const char *count = getenv("SEEDS");
	uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	uint64_t last = argc > 1 ? first : count ? strtoull(count, NULL, 10) : 10000;
	struct totals totals = {.is_verbose = argc > 1};
	bool is_answered, is_tight;
	int failed = 0;

	for (uint64_t seed = first; seed <= last && failed < 10; seed++) {
		const char *why = seed_run(seed, &totals);

		if (why && printf("# seed %" PRIu64 ": %s\n", seed, why))
			failed++;
	}
	printf("# %" PRIu64 " bounded, %" PRIu64 " inconsistent, %" PRIu64 " unbounded; %" PRIu64
	       " of %" PRIu64 " steps that messages saw are told; %" PRIu64 " of %" PRIu64
	       " wide, worst %.3f times the ideal\n",
	       totals.bounded, totals.inconsistent, totals.unbounded, totals.stepped_caught,
	       totals.stepped, totals.wide, totals.compared, totals.worst_ratio);
	printf("%sok 1 - the truth is inside, for every seed\n", failed ? "not " : "");
	is_answered = argc > 1 || totals.clean_bounded * 10 > totals.clean * 7;
	printf("%sok 2 - most of the seeds whose clocks do not step are answered\n",
	       is_answered ? "" : "not ");
	/* Two messages that are close together, seen from far away, enlarge what a look leaves
	 * open. */
	is_tight = totals.wide * 100 <= totals.compared;
	printf("%sok 3 - 99 of 100 are at most 1.05 times as wide as with perfect looks, and 4 "
	       "looks\n"
	       "1..3\n",
	       is_tight ? "" : "not ");
	return failed || !is_answered || !is_tight;
}
