/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a migration left its guest, by all that both hosts show. */
#include "core/match/place_left.h"

#include <assert.h>

#include "core/match/flavour.h"
#include "core/side/broken.h"
#include "core/side/guest_end.h"
#include "core/side/runs.h"

bool migration_has_moved(const struct migration *migration)
{
	const struct side *source = migration->source;

	return migration->destination && migration->destination->dst.done.known &&
	       !(source && (source->src.resumed.known || side_runs(source) == RUNS_YES));
}

/* One that completed ended its QEMU, unless it is seen to start its guest again. */
static enum runs source_runs(const struct side *source, bool is_completed)
{
	enum runs runs = side_runs(source);

	return is_completed && runs != RUNS_YES ? RUNS_NO : runs;
}

/* A guest that was not touched on the destination was not started there. */
static enum runs destination_runs(const struct migration *migration)
{
	const struct side *destination = migration->destination;
	enum runs runs = destination ? side_runs(destination) : RUNS_UNKNOWN;

	if (!destination)
		return migration_was_refused(migration) ? RUNS_NO : RUNS_UNKNOWN;
	if (runs == RUNS_YES)
		return runs;
	if (side_hole(destination) || runs == RUNS_UNKNOWN)
		return RUNS_UNKNOWN;
	return side_saw_end(destination) || destination_has_not_come(destination) ? RUNS_NO
										  : RUNS_UNKNOWN;
}

/* Of one that completed, the source's QEMU ends as it is to. */
struct guest_end migration_guest_end(const struct migration *migration)
{
	const struct side *source = migration->source, *destination = migration->destination;
	bool has_moved = (destination && destination->dst.done.known) ||
			 migration_outcome(migration) == OUTCOME_COMPLETED;
	const struct side *side = has_moved || !source ? destination : source;

	assert(source || destination);
	return side ? guest_end_of(side) : (struct guest_end){.by = ENDED_BY_NOBODY};
}

/* An everyday act, and no harm: who wanted it need not be told. */
static bool was_to_end(const struct migration *migration)
{
	struct guest_end end = migration_guest_end(migration);

	return end.by == ENDED_BY_CLIENT || end.by == ENDED_BY_GUEST ||
	       end.by == ENDED_BY_LIBVIRT || (end.by == ENDED_BY_QEMU && !end.number);
}

static bool is_broken_still(const struct side *side)
{
	const struct mt_event *broken = side ? broken_at_end(side) : NULL;

	return broken && !broken_mended(side, broken);
}

/* Its guest runs on the destination, and waits in vain for what memory it still lacks. */
static bool is_broken(const struct migration *migration, enum outcome outcome)
{
	const struct side *source = migration->source, *destination = migration->destination;

	if (outcome == OUTCOME_COMPLETED || (destination && destination->has_no_qemu))
		return false;
	return is_broken_still(source) || is_broken_still(destination);
}

/* It did not work, and runs on neither host. */
static enum place_left left_nowhere(const struct migration *migration)
{
	const struct side *source = migration->source;

	assert(source);
	if (!source->has_no_qemu && !recording_misses(source->recording, "qemu_monitor_close"))
		return LEFT_PAUSED_ON_SOURCE;
	return was_to_end(migration) ? LEFT_ENDED : LEFT_NOWHERE;
}

/* Nothing of it runs on the source any more. */
static enum place_left left_elsewhere(const struct migration *migration, enum outcome outcome)
{
	enum runs there = destination_runs(migration);

	if (there == RUNS_YES ||
	    (outcome == OUTCOME_COMPLETED && migration_is_recovery(migration) == ANSWER_YES))
		return LEFT_ON_DESTINATION;
	if (outcome == OUTCOME_COMPLETED && there == RUNS_NO && was_to_end(migration))
		return LEFT_ENDED;
	if (outcome == OUTCOME_COMPLETED)
		return there == RUNS_NO || migration_is_offline(migration) == ANSWER_YES
			       ? LEFT_PAUSED
			       : LEFT_UNKNOWN;
	return there == RUNS_NO && outcome_has_not_worked(outcome) ? left_nowhere(migration)
								   : LEFT_UNKNOWN;
}

/*
 * The client that drives both sides has left the source after Perform: nobody comes who would start
 * its guest again.
 */
static bool is_deserted(const struct migration *migration)
{
	const struct side *source = migration->source, *destination = migration->destination;

	return source && destination && side_is_deserted(source) &&
	       (destination_is_unprepared(destination) || side_saw_end(destination));
}

/* Whether what the source's host shows of the guest is its last word: of a daemon that has gone,
 * QEMU has it. */
static bool has_last_word(const struct migration *migration)
{
	const struct side *source = migration->source;

	return source && (side_saw_end(source) || is_deserted(migration) ||
			  source->ending.cause == ENDING_DAEMON_GONE);
}

/* Where only one side was seen, or not to its end, the other may have done anything. */
enum place_left migration_left(const struct migration *migration)
{
	const struct side *source = migration->source;
	enum outcome outcome = migration_outcome(migration);
	bool is_completed = outcome == OUTCOME_COMPLETED, runs_there;
	enum runs here;

	if (is_broken(migration, outcome))
		return LEFT_BROKEN;
	if (!has_last_word(migration))
		return LEFT_UNKNOWN;
	assert(source);
	runs_there = destination_runs(migration) == RUNS_YES;
	if (side_hole(source))
		return is_completed && runs_there ? LEFT_ON_DESTINATION : LEFT_UNKNOWN;
	here = source_runs(source, is_completed);
	if (here == RUNS_NO)
		return left_elsewhere(migration, outcome);
	if (here == RUNS_YES)
		return runs_there ? LEFT_ON_BOTH : LEFT_ON_SOURCE;
	return here == RUNS_UNTOUCHED && outcome_has_not_worked(outcome) ? LEFT_ON_SOURCE
									 : LEFT_UNKNOWN;
}
