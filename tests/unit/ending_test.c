/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of endings: each cause, of each side, before and after the hand-over, and
 * what is said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/match/complete.h"
#include "core/match/outcome.h"
#include "core/match/place_left.h"
#include "simulation.h"

#define MS	INT64_C(1000000)
#define PERFORM 305
#define FINISH	306

static const uint8_t domain[MT_UUID] = {7};

struct row {
	enum role role;
	enum ending_cause cause;
	bool is_after;		 /* the hand-over: the guest is started on the destination */
	enum ending_cause other; /* of the other side */
	enum outcome outcome;
	enum place_left left;
	int reported_ms; /* how long after the last event, by the recorder's snapshots */
};

#define BEFORE false
#define AFTER  true
#define S      ROLE_SOURCE
#define D      ROLE_DESTINATION

/* A guest that nobody stopped stays where it was; who did not live to say what became of it leaves
 * it unknown, unless the destination certainly has not got it. */
static const struct row table[] = {
	{S, ENDING_REPLIED, BEFORE, ENDING_REPLIED, OUTCOME_FAILED, LEFT_ON_SOURCE, 600},
	{S, ENDING_UNANSWERED, BEFORE, ENDING_REPLIED, OUTCOME_FAILED, LEFT_ON_SOURCE, 6000},
	{S, ENDING_NEXT_JOB, BEFORE, ENDING_REPLIED, OUTCOME_UNKNOWN, LEFT_UNKNOWN, 600},
	{S, ENDING_DAEMON_GONE, BEFORE, ENDING_QEMU_GONE, OUTCOME_FAILED, LEFT_UNKNOWN, 6000},
	{S, ENDING_RECORDING, BEFORE, ENDING_REPLIED, OUTCOME_UNKNOWN, LEFT_UNKNOWN, 600},
	{S, ENDING_GAP, BEFORE, ENDING_REPLIED, OUTCOME_UNKNOWN, LEFT_UNKNOWN, 6000},
	{S, ENDING_PEER_GONE, BEFORE, ENDING_DAEMON_GONE, OUTCOME_UNFINISHED, LEFT_UNKNOWN, 6000},

	{S, ENDING_REPLIED, AFTER, ENDING_REPLIED, OUTCOME_COMPLETED, LEFT_ON_DESTINATION, 600},
	{S, ENDING_UNANSWERED, AFTER, ENDING_REPLIED, OUTCOME_COMPLETED, LEFT_ON_DESTINATION, 6000},
	{S, ENDING_NEXT_JOB, AFTER, ENDING_REPLIED, OUTCOME_UNKNOWN, LEFT_ON_DESTINATION, 600},
	{S, ENDING_DAEMON_GONE, AFTER, ENDING_REPLIED, OUTCOME_COMPLETED, LEFT_ON_DESTINATION, 600},
	{S, ENDING_UNCONFIRMED, AFTER, ENDING_RECORDING, OUTCOME_UNKNOWN, LEFT_ON_DESTINATION,
	 31000},
	{S, ENDING_RECORDING, AFTER, ENDING_REPLIED, OUTCOME_UNFINISHED, LEFT_UNKNOWN, 600},
	{S, ENDING_GAP, AFTER, ENDING_REPLIED, OUTCOME_UNFINISHED, LEFT_UNKNOWN, 6000},
	{S, ENDING_PEER_GONE, AFTER, ENDING_DAEMON_GONE, OUTCOME_UNFINISHED, LEFT_UNKNOWN, 6000},
	{S, ENDING_CLIENT_GONE, AFTER, ENDING_REPLIED, OUTCOME_COMPLETED, LEFT_ON_DESTINATION,
	 6000},
	{S, ENDING_CLIENT_GONE, AFTER, ENDING_QEMU_GONE, OUTCOME_FAILED, LEFT_PAUSED_ON_SOURCE,
	 6000},

	{D, ENDING_REPLIED, BEFORE, ENDING_REPLIED, OUTCOME_FAILED, LEFT_ON_SOURCE, 600},
	{D, ENDING_UNANSWERED, BEFORE, ENDING_REPLIED, OUTCOME_FAILED, LEFT_ON_SOURCE, 6000},
	{D, ENDING_NEXT_JOB, BEFORE, ENDING_REPLIED, OUTCOME_FAILED, LEFT_ON_SOURCE, 600},
	{D, ENDING_DAEMON_GONE, BEFORE, ENDING_REPLIED, OUTCOME_FAILED, LEFT_ON_SOURCE, 600},
	{D, ENDING_QEMU_GONE, BEFORE, ENDING_REPLIED, OUTCOME_FAILED, LEFT_ON_SOURCE, 6000},
	{D, ENDING_RECORDING, BEFORE, ENDING_REPLIED, OUTCOME_FAILED, LEFT_ON_SOURCE, 600},
	{D, ENDING_GAP, BEFORE, ENDING_REPLIED, OUTCOME_FAILED, LEFT_ON_SOURCE, 6000},
	{D, ENDING_PEER_GONE, BEFORE, ENDING_DAEMON_GONE, OUTCOME_UNKNOWN, LEFT_UNKNOWN, 6000},

	{D, ENDING_REPLIED, AFTER, ENDING_REPLIED, OUTCOME_COMPLETED, LEFT_ON_DESTINATION, 600},
	{D, ENDING_UNANSWERED, AFTER, ENDING_REPLIED, OUTCOME_COMPLETED, LEFT_ON_DESTINATION, 6000},
	{D, ENDING_NEXT_JOB, AFTER, ENDING_REPLIED, OUTCOME_COMPLETED, LEFT_ON_DESTINATION, 600},
	{D, ENDING_DAEMON_GONE, AFTER, ENDING_REPLIED, OUTCOME_COMPLETED, LEFT_ON_DESTINATION, 600},
	{D, ENDING_RECORDING, AFTER, ENDING_REPLIED, OUTCOME_COMPLETED, LEFT_ON_DESTINATION, 600},
	{D, ENDING_GAP, AFTER, ENDING_REPLIED, OUTCOME_COMPLETED, LEFT_ON_DESTINATION, 6000},
	{D, ENDING_PEER_GONE, AFTER, ENDING_DAEMON_GONE, OUTCOME_UNKNOWN, LEFT_ON_DESTINATION,
	 6000},
};

/* Who is not there any more cannot end so; what was handed over was prepared, and performed. */
static bool is_possible(enum role role, enum ending_cause cause, bool is_after)
{
	switch (cause) {
	case ENDING_NONE:
	case ENDINGS:
		return false;
	case ENDING_QEMU_GONE:
		return role == D && !is_after;
	case ENDING_UNCONFIRMED:
	case ENDING_CLIENT_GONE:
		return role == S && is_after;
	default:
		return true;
	}
}

/* A host of the row, with room for what its recording is given. */
struct actor {
	struct host host;
	struct daemon daemon;
	struct gap gap;
	int64_t ns; /* of what came last */
};

static struct actor source, destination;

static struct mt_event *happens(struct actor *actor, enum mt_kind kind, enum mt_edge edge)
{
	actor->ns += MS;
	return host_event(&actor->host, domain, actor->ns, kind, edge);
}

static void returns(struct actor *actor, enum mt_kind kind, int value)
{
	struct mt_event *event = happens(actor, kind, MT_RETURN);

	if (kind == MT_FINISH)
		event->result.has_succeeded = (uint32_t)value;
	else
		event->result.returned = value;
}

static void replies(struct actor *actor, uint64_t proc, bool has_failed)
{
	struct mt_event *event = happens(actor, MT_RPC_SERVER_SEND, MT_ENTER);

	event->rpc.proc = proc;
	event->rpc.status = has_failed;
}

static void cookie(struct mt_event *event, uint64_t hash)
{
	event->cookie.len = 100;
	event->cookie.hash = hash;
}

static void source_begins(bool is_p2p, bool hands_over)
{
	struct mt_event *event;

	if (!is_p2p)
		happens(&source, MT_BEGIN, MT_ENTER);
	else
		happens(&source, MT_PERFORM, MT_ENTER)->perform.is_p2p = 1;
	cookie(happens(&source, MT_COOKIE_FORMAT, MT_RETURN), 5);
	if (!is_p2p)
		happens(&source, MT_PERFORM, MT_ENTER);
	if (!hands_over)
		return;
	happens(&source, MT_RUN, MT_ENTER);
	event = happens(&source, MT_MONITOR_EVENT, MT_ENTER);
	event->text_len = (uint16_t)snprintf(event->text, MT_TEXT, "{\"event\": \"STOP\"}");
	happens(&source, MT_SET_STATE, MT_ENTER)->state.state = 3; /* paused */
	happens(&source, MT_COOKIE_FORMAT, MT_ENTER);
	cookie(happens(&source, MT_COOKIE_FORMAT, MT_RETURN), 7);
	returns(&source, MT_RUN, 0);
}

static void destination_begins(bool is_handed_over)
{
	cookie(happens(&destination, MT_PREPARE, MT_ENTER), 5);
	returns(&destination, MT_PREPARE, 0);
	if (!is_handed_over)
		return;
	cookie(happens(&destination, MT_FINISH, MT_ENTER), 7);
	happens(&destination, MT_START_CPUS, MT_ENTER);
	returns(&destination, MT_START_CPUS, 0);
}

static void source_returns(bool is_after)
{
	if (is_after)
		happens(&source, MT_COMPLETE, MT_ENTER);
	returns(&source, MT_PERFORM, is_after ? 0 : -1);
}

static void destination_returns(bool is_after)
{
	if (!is_after)
		happens(&destination, MT_FINISH, MT_ENTER)->finish.is_cancelled = 1;
	returns(&destination, MT_FINISH, is_after);
}

static void side_returns(enum role role, bool is_after)
{
	if (role == S)
		source_returns(is_after);
	else
		destination_returns(is_after);
}

static void daemon_goes(struct actor *actor)
{
	actor->ns += MS;
	actor->daemon = (struct daemon){.pid = actor->host.pid,
					.gone_ns = host_clock(&actor->host, actor->ns)};
	actor->host.recording.daemons = &actor->daemon;
	actor->host.recording.daemon_count = 1;
}

static void gap_comes(struct actor *actor)
{
	actor->gap = (struct gap){.from_ns = host_clock(&actor->host, actor->ns),
				  .to_ns = host_clock(&actor->host, actor->ns + 500 * MS),
				  .why = "nothing was recorded for a while"};
	actor->host.recording.gaps = &actor->gap;
	actor->host.recording.gap_count = 1;
}

static void side_ends(enum role role, enum ending_cause cause, bool is_after)
{
	struct actor *actor = role == S ? &source : &destination;

	switch (cause) {
	case ENDING_REPLIED:
		side_returns(role, is_after);
		replies(actor, role == S ? PERFORM : FINISH, !is_after);
		break;
	case ENDING_UNANSWERED:
		side_returns(role, is_after);
		break;
	case ENDING_NEXT_JOB:
		actor->ns += 1000 * MS;
		happens(actor, role == S ? MT_PERFORM : MT_PREPARE, MT_ENTER);
		break;
	case ENDING_DAEMON_GONE:
		daemon_goes(actor);
		break;
	case ENDING_QEMU_GONE:
		happens(actor, MT_MONITOR_CLOSE, MT_ENTER);
		break;
	case ENDING_UNCONFIRMED:
	case ENDING_CLIENT_GONE:
		returns(actor, MT_PERFORM, 0);
		replies(actor, PERFORM, false);
		break;
	case ENDING_RECORDING:
		actor->host.recording.is_open = false;
		break;
	case ENDING_GAP:
		gap_comes(actor);
		break;
	default:
		break;
	}
}

static void row_play(const struct row *row)
{
	enum ending_cause of_source = row->role == S ? row->cause : row->other;
	enum ending_cause of_destination = row->role == S ? row->other : row->cause;
	bool has_client = of_source == ENDING_UNCONFIRMED || of_source == ENDING_CLIENT_GONE;
	bool is_finished = row->is_after && of_destination != ENDING_QEMU_GONE;

	source = (struct actor){.ns = 1000 * MS};
	destination = (struct actor){.ns = 1001 * MS};
	host_init(&source.host, "a", 100, 0, 0);
	host_init(&destination.host, "b", 200, 7300 * MS, 0);
	source.host.recording.is_open = destination.host.recording.is_open = true;
	source.host.recording.heard_ns = destination.host.recording.heard_ns = 1;
	host_snapshot(&source.host, 0, 0);
	host_snapshot(&destination.host, 0, 0);
	source_begins(!has_client, row->is_after);
	destination_begins(is_finished);
	side_ends(S, of_source, row->is_after);
	side_ends(D, of_destination, is_finished);
}

static void actor_look(struct actor *actor, int64_t after_ns)
{
	if (actor->host.recording.is_open)
		host_snapshot(&actor->host, actor->ns + after_ns, 0);
}

/* What is said of the migration that the two first sides are. */
struct answer {
	enum pending pending;
	enum outcome outcome;
	enum place_left left;
	enum ending_cause cause; /* of the row's side */
};

static enum ending_cause cause_of(const struct migration *migration, enum role role)
{
	const struct side *side = role == S ? migration->source : migration->destination;
	const struct side *other = role == S ? migration->destination : migration->source;
	enum ending_cause given_up = ending_given_up(side, other).cause;

	return side_has_ended(side) ? side->ending.cause : given_up;
}

static struct answer answer_of(const struct row *row)
{
	struct recording *recordings[] = {&source.host.recording, &destination.host.recording};
	const struct heard heard = {recordings, 2, 0};
	struct sides sides[2];
	struct migrations migrations;
	struct answer answer = {.pending = PENDING_OTHER_SIDE};

	assert_int_equal(sides_find(recordings[0], &sides[0]), 0);
	assert_int_equal(sides_find(recordings[1], &sides[1]), 0);
	assert_int_equal(
		migrations_match(sides, 2, &(struct matching){.is_live = true}, &migrations), 0);
	for (size_t i = 0; i < migrations.count; i++) {
		const struct migration *migration = &migrations.migration[i];

		if (migration->source != &sides[0].side[0] ||
		    migration->destination != &sides[1].side[0])
			continue;
		answer = (struct answer){waiting_pending(&(struct waiting){0}, &heard, migration),
					 migration_outcome(migration), migration_left(migration),
					 cause_of(migration, row->role)};
	}
	migrations_free(&migrations);
	sides_free(&sides[0]);
	sides_free(&sides[1]);
	return answer;
}

/* Looks at both hosts' clocks as the recorder does, until it is reported; 0: it never is. */
static int row_wait(const struct row *row, struct answer *answer)
{
	for (int64_t ns = ending_next_look_ns(0); ns < INT64_MAX; ns = ending_next_look_ns(ns)) {
		actor_look(&source, ns);
		actor_look(&destination, ns);
		*answer = answer_of(row);
		if (answer->pending == PENDING_NOTHING)
			return (int)(ns / MS);
	}
	return 0;
}

static void row_check(const struct row *row)
{
	struct answer answer = {0};
	int reported_ms;

	row_play(row);
	reported_ms = row_wait(row, &answer);
	if (reported_ms != row->reported_ms || answer.outcome != row->outcome ||
	    answer.left != row->left || answer.cause != row->cause)
		fail_msg("%s, cause %d, %s the hand-over: cause %d, outcome %d, left %d after "
			 "%d ms; "
			 "expected outcome %d, left %d after %d ms",
			 row->role == S ? "source" : "destination", row->cause,
			 row->is_after ? "after" : "before", answer.cause, answer.outcome,
			 answer.left, reported_ms, row->outcome, row->left, row->reported_ms);
}

static void each_ending_is_reported_in_time(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		row_check(&table[i]);
}

/* Its recorder goes on over a restart: what nothing is heard of for so long may still migrate. */
static void what_is_kept_is_not_given_up_soon_after_a_gap(void **state)
{
	const struct row row = {D, ENDING_GAP, BEFORE, ENDING_REPLIED};
	struct answer answer = {0};

	(void)state;
	row_play(&row);
	source.host.recording.is_kept = destination.host.recording.is_kept = true;
	assert_int_equal(row_wait(&row, &answer), 3601000);
	assert_int_equal(answer.cause, ENDING_GAP);
}

static bool is_in_table(enum role role, enum ending_cause cause, bool is_after)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].role == role && table[i].cause == cause &&
		    table[i].is_after == is_after)
			return true;
	return false;
}

static void every_cause_has_its_rows(void **state)
{
	(void)state;
	for (int i = 0; i < ENDINGS * 4; i++) {
		enum ending_cause cause = (enum ending_cause)(i / 4);
		enum role role = i & 1 ? D : S;
		bool is_after = i & 2;

		if (is_in_table(role, cause, is_after) != is_possible(role, cause, is_after))
			fail_msg("cause %d of role %d, after %d", cause, role, is_after);
	}
}

static void recorder_looks_when_an_answer_can_change(void **state)
{
	static const int expected_ms[] = {100, 560, 600, 6000, 31000, 3601000};
	int64_t ns = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(expected_ms) / sizeof(expected_ms[0]); i++) {
		ns = ending_next_look_ns(ns);
		assert_int_equal(ns, expected_ms[i] * MS);
	}
	assert_int_equal(ending_next_look_ns(ns), INT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_ending_is_reported_in_time),
		cmocka_unit_test(what_is_kept_is_not_given_up_soon_after_a_gap),
		cmocka_unit_test(every_cause_has_its_rows),
		cmocka_unit_test(recorder_looks_when_an_answer_can_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
