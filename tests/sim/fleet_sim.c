/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Simulated days of hosts: is each migration told once, as what it was, with the truth inside all
 * bounds? */
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/figures/figures.h"
#include "core/match/correlator.h"
#include "core/match/outcome.h"
#include "fleet.h"
#include "told.h"

#define YEAR_DAYS 365.0

struct totals {
	uint64_t moves, whole, bounded, host_days;
};

/* A day, and what was told of it. */
struct day {
	struct fleet fleet;
	bool is_told[MOVES_MAX][2]; /* the source's side, the destination's */
	bool is_told_whole[MOVES_MAX];
	struct totals *totals;
	const char *why; /* the first fault; NULL: none yet */
	size_t move;	 /* of which */
};

static void fault(struct day *day, const struct move *move, const char *why)
{
	if (day->why)
		return;
	day->why = why;
	day->move = (size_t)(move - day->fleet.move);
}

static bool figures_hold(const struct day *day, const struct move *move,
			 const struct figures *figures)
{
	const struct clock_pair pair = {&day->fleet.machine[move->ends.from].clocks,
					&day->fleet.machine[move->ends.to].clocks};

	return offset_holds(&pair, &move->truth, figures) &&
	       spans_hold(&pair, &move->truth, figures);
}

/* What was recorded only in part may be unknown, but not the opposite. */
static bool outcome_holds(const struct move *move, enum outcome outcome, bool is_whole)
{
	if (!is_whole && (outcome == OUTCOME_UNKNOWN || outcome == OUTCOME_UNFINISHED))
		return true;
	return move->end == MOVE_COMPLETED ? outcome == OUTCOME_COMPLETED
					   : outcome_has_not_worked(outcome);
}

static void side_told(struct day *day, const struct move *move, int which)
{
	bool *is_told = &day->is_told[move - day->fleet.move][which];

	/* A recorder that died in it, and the next one, have a piece of it each. */
	if (*is_told && move->is_whole[which])
		fault(day, move, "a side is told twice");
	*is_told = true;
}

static void both_told(struct day *day, const struct move *move, const struct migration *migration)
{
	struct figures figures = figures_of(migration);
	bool is_whole = move->is_whole[0] && move->is_whole[1];

	day->is_told_whole[move - day->fleet.move] = true;
	day->totals->bounded += is_whole && figures.clocks.verdict == CLOCK_BOUNDED;
	if (figures.clocks.verdict == CLOCK_INCONSISTENT)
		fault(day, move, "clocks that did not jump are said to contradict");
	if (figures.clocks.verdict == CLOCK_BOUNDED && move->end == MOVE_COMPLETED &&
	    !figures_hold(day, move, &figures))
		fault(day, move, "the truth is outside");
}

static void one_told(struct day *day, const struct migration *migration)
{
	const struct side *sides[] = {migration->source, migration->destination};
	const struct move *move = NULL;
	bool is_whole = true;

	for (int i = 0; i < 2; i++) {
		const struct move *of;

		if (!sides[i]) {
			is_whole = false;
			continue;
		}
		of = fleet_move_of(&day->fleet, sides[i]->events[0]->tid);
		if (move && move != of)
			fault(day, of, "sides of two migrations are one");
		move = of;
		is_whole &= move->is_whole[i];
		side_told(day, move, i);
	}
	if (!outcome_holds(move, migration_outcome(migration), is_whole))
		fault(day, move, "another outcome");
	if (sides[0] && sides[1])
		both_told(day, move, migration);
}

static void take(void *arg, const struct migration *migrations, size_t count)
{
	for (size_t i = 0; i < count; i++)
		one_told(arg, &migrations[i]);
}

static void recording_pass(struct correlator *correlator, const struct fleet *fleet,
			   unsigned int machine, size_t life)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		abort();
	fleet_write(fleet, machine, life, out);
	fclose(out);
	recording_told(correlator, text, size);
}

/* Returns why the seed fails, or NULL. */
static const char *seed_run(uint64_t seed, struct totals *totals, bool is_verbose)
{
	static struct day day;
	struct correlator *correlator = correlator_new(SIZE_MAX, SIZE_MAX, take, &day);

	memset(&day, 0, sizeof(day));
	day.totals = totals;
	fleet_make(&day.fleet, seed);
	totals->host_days += day.fleet.machines;
	totals->moves += day.fleet.moves;
	for (unsigned int i = 0; i < day.fleet.machines; i++)
		for (size_t j = 0; j < day.fleet.machine[i].lives; j++)
			recording_pass(correlator, &day.fleet, i, j);
	if (!correlator || correlator_end(correlator))
		abort();
	correlator_free(correlator);
	for (size_t i = 0; i < day.fleet.moves; i++) {
		const struct move *move = &day.fleet.move[i];
		bool is_whole = move->is_whole[0] && move->is_whole[1];

		totals->whole += is_whole && move->end == MOVE_COMPLETED;
		if (is_whole && !day.is_told_whole[i])
			fault(&day, move, "what both hosts recorded is not told as one");
	}
	if (is_verbose && day.why)
		printf("# move %zu of %zu, of %d at %.3f s: host %u to %u, end %d\n", day.move,
		       day.fleet.moves, day.fleet.move[day.move].truth.uuid[0],
		       (double)day.fleet.move[day.move].truth.start / 1e9,
		       day.fleet.move[day.move].ends.from, day.fleet.move[day.move].ends.to,
		       day.fleet.move[day.move].end);
	fleet_free(&day.fleet);
	return day.why;
}

/* For `migtrace report`: what the recorders wrote that day, a file for each of their lives. */
static void seed_write(uint64_t seed, const char *folder)
{
	static struct fleet fleet;

	fleet_make(&fleet, seed);
	for (unsigned int i = 0; i < fleet.machines; i++)
		for (size_t j = 0; j < fleet.machine[i].lives; j++) {
			char path[PATH_MAX];
			FILE *out;

			snprintf(path, sizeof(path), "%s/host-%u-%zu.jsonl", folder, i, j);
			out = fopen(path, "w");
			if (!out)
				abort();
			fleet_write(&fleet, i, j, out);
			fclose(out);
		}
	fleet_free(&fleet);
}

/* SEEDS of them; or the one that the command line names, whose recordings go into a folder. */
int main(int argc, char **argv)
{
	const char *count = getenv("SEEDS");
	uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	uint64_t last = argc > 1 ? first : count ? strtoull(count, NULL, 10) : 40;
	struct totals totals = {0};
	bool is_answered;
	double days;
	int failed = 0;

	if (argc > 2)
		seed_write(first, argv[2]);
	for (uint64_t seed = first; seed <= last && failed < 10; seed++) {
		const char *why = seed_run(seed, &totals, true);

		if (why && printf("# seed %" PRIu64 ": %s\n", seed, why))
			failed++;
	}
	days = (double)totals.host_days;
	printf("# %.2f years of a host, %.0f times as fast as they pass (of a CPU's time): %" PRIu64
	       " migrations; of %" PRIu64 " that both hosts recorded and that completed, %" PRIu64
	       " bounded\n",
	       days / YEAR_DAYS, days * 86400 / ((double)clock() / CLOCKS_PER_SEC), totals.moves,
	       totals.whole, totals.bounded);
	printf("%sok 1 - each migration is told once, as what it was, with the truth inside\n",
	       failed ? "not " : "");
	is_answered = argc > 1 || totals.bounded * 10 > totals.whole * 9;
	printf("%sok 2 - most of those that completed are bounded\n1..2\n",
	       is_answered ? "" : "not ");
	return failed || !is_answered;
}
