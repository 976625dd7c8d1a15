/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a side of a migration ends: the table of causes, and how long each takes to be sure. */
#include "core/side/ending.h"

#include <assert.h>
#include <stddef.h>

#include "core/side/closed.h"
#include "core/side/grace.h"
#include "core/side/side.h"

/* When the clocks are read after a host's last event: at once, or nearly; */
#define LOOK_SOON_NS INT64_C(100000000)
/* twice behind the window; */
#define LOOK_BEHIND_NS	INT64_C(10000000)
#define LOOK_BEHIND2_NS INT64_C(50000000)
/* and behind each grace, which the event itself may be read so much late in. */
#define LOOK_LATE_NS INT64_C(1000000000)
static_assert(LOOK_BEHIND_NS < LOOK_BEHIND2_NS, "the second time is later");

/* What shows an ending, and the recording that has it; NULL: nothing does. */
struct sign {
	const struct recording *recording;
	int64_t ns;
};

static int64_t last_ns(const struct side *side)
{
	assert(side->count);
	return (int64_t)side->events[side->count - 1]->ktime_ns;
}

static bool is_quiet(const struct side *side, int64_t ns)
{
	return recording_is_after(side->recording, (uint64_t)(last_ns(side) + ns));
}

static struct sign daemon_gone(const struct side *side, const struct side *other)
{
	const struct daemon *daemon = recording_daemon(
		side->recording, side->events[side->count - 1]->tgid, last_ns(side));

	(void)other;
	return daemon && daemon->gone_ns ? (struct sign){side->recording, daemon->gone_ns}
					 : (struct sign){0};
}

/*
 * When the source's daemon has gone, nobody calls Finish: the guest that came in is destroyed with
 * the connection (qemuProcessAutoDestroy), which its daemon says of no more than this.
 */
static struct sign qemu_gone(const struct side *side, const struct side *other)
{
	const struct mt_event *close = side_closed(side);

	(void)other;
	if (side->role != ROLE_DESTINATION || !close || side->phase[PHASE_FINISH].began)
		return (struct sign){0};
	return (struct sign){side->recording, (int64_t)close->ktime_ns};
}

static struct sign unanswered(const struct side *side, const struct side *other)
{
	(void)other;
	return side->returned_ns ? (struct sign){side->recording, side->returned_ns}
				 : (struct sign){0};
}

static struct sign unconfirmed(const struct side *side, const struct side *other)
{
	(void)other;
	return side_is_unconfirmed(side) ? (struct sign){side->recording, last_ns(side)}
					 : (struct sign){0};
}

static struct sign recording_ended(const struct side *side, const struct side *other)
{
	(void)other;
	if (side->recording->is_open)
		return (struct sign){0};
	return (struct sign){side->recording, last_ns(side)};
}

static struct sign gap_behind(const struct side *side, const struct side *other)
{
	const struct recording *recording = side->recording;

	(void)other;
	for (size_t i = 0; i < recording->gap_count; i++)
		if (!recording->gaps[i].is_of_one && recording->gaps[i].from_ns >= last_ns(side))
			return (struct sign){recording, recording->gaps[i].to_ns};
	return (struct sign){0};
}

static struct sign peer_gone(const struct side *side, const struct side *other)
{
	(void)side;
	return other && other->ending.cause == ENDING_DAEMON_GONE
		       ? (struct sign){other->recording, other->ending.ns}
		       : (struct sign){0};
}

static struct sign client_gone(const struct side *side, const struct side *other)
{
	return other && side_has_ended(other) && other->ending.cause != ENDING_DAEMON_GONE &&
			       side_is_unconfirmed(side)
		       ? (struct sign){other->recording, last_ns(other)}
		       : (struct sign){0};
}

/*
 * A new cause is a row here, a name in enum ending_cause, and rows of tests/unit/ending_test.c.
 * sign: NULL where core/side/job.c finds it in the order of events. grace_ns: how long nothing
 * more may come, by the clock of the host that has the sign; 0: it is sure at once; kept_ns: the
 * same of a recording whose halves are kept as they are meanwhile; 0: no other. quiet_ns: by the
 * side's own host. is_witnessed: the daemon lived to see the end.
 */
static const struct row {
	struct sign (*sign)(const struct side *side, const struct side *other);
	int64_t grace_ns, kept_ns, quiet_ns;
	bool is_witnessed;
	const char *why_cut_short, *why_open; /* NULL: as of any other */
} rows[ENDINGS] = {
	[ENDING_REPLIED] = {.is_witnessed = true},
	[ENDING_NEXT_JOB] = {.is_witnessed = true},
	[ENDING_DAEMON_GONE] = {daemon_gone,
				.why_cut_short = "its libvirt ended before the job did",
				.why_open = "its libvirt ended meanwhile"},
	[ENDING_QEMU_GONE] = {qemu_gone, GRACE_QEMU_GONE_NS, .is_witnessed = true},
	[ENDING_UNANSWERED] = {unanswered, GRACE_REPLY_NS, .is_witnessed = true},
	[ENDING_UNCONFIRMED] = {unconfirmed, GRACE_CONFIRM_NS, .is_witnessed = true},
	[ENDING_RECORDING] = {recording_ended},
	[ENDING_GAP] = {gap_behind, GRACE_GIVE_UP_NS, GRACE_KEPT_NS},
	[ENDING_PEER_GONE] = {peer_gone, GRACE_GIVE_UP_NS, .quiet_ns = GRACE_GIVE_UP_NS},
	[ENDING_CLIENT_GONE] = {client_gone, GRACE_GIVE_UP_NS, .quiet_ns = GRACE_GIVE_UP_NS},
};

static const struct row *row_of(enum ending_cause cause)
{
	assert(cause < ENDINGS);
	return &rows[cause];
}

static struct ending ending_by(enum ending_cause cause, const struct side *side,
			       const struct side *other)
{
	const struct row *row = row_of(cause);
	struct sign sign = row->sign ? row->sign(side, other) : (struct sign){0};
	struct ending ending = {cause, sign.ns, true};
	int64_t grace_ns = row->grace_ns;

	assert(cause > ENDING_NONE);
	if (!sign.recording)
		return (struct ending){ENDING_NONE};
	if (sign.recording->is_kept && row->kept_ns)
		grace_ns = row->kept_ns;
	if (grace_ns)
		ending.is_sure = recording_is_after(sign.recording, (uint64_t)(sign.ns + grace_ns));
	if (row->quiet_ns)
		ending.is_sure &= is_quiet(side, row->quiet_ns);
	return ending;
}

struct ending ending_of(const struct side *side)
{
	struct ending pending = side->ending;

	for (int cause = ENDING_DAEMON_GONE; !pending.is_sure && cause < ENDING_RECORDING;
	     cause++) {
		struct ending ending = ending_by((enum ending_cause)cause, side, NULL);

		if (ending.is_sure || !pending.cause)
			pending = ending;
	}
	assert(pending.cause < ENDING_RECORDING);
	return pending;
}

struct ending ending_given_up(const struct side *side, const struct side *other)
{
	for (int cause = ENDING_RECORDING; cause < ENDINGS; cause++) {
		struct ending ending = ending_by((enum ending_cause)cause, side, other);

		if (ending.is_sure)
			return ending;
	}
	return (struct ending){ENDING_NONE};
}

bool side_saw_end(const struct side *side)
{
	return (side->ending.is_sure && row_of(side->ending.cause)->is_witnessed) ||
	       side->returned_ns;
}

const char *side_why_cut_short(const struct side *side)
{
	const char *why = row_of(side->ending.cause)->why_cut_short;

	if (why)
		return why;
	return side_saw_end(side) ? NULL : "the recording ended before the job did";
}

const char *ending_why_open(const struct ending *ending)
{
	return row_of(ending->cause)->why_open ?: "its end was not recorded";
}

bool side_is_deserted(const struct side *side)
{
	return side_is_unconfirmed(side) && is_quiet(side, GRACE_CLIENT_NS);
}

static int64_t sooner_after(int64_t after_ns, int64_t ns, int64_t other_ns)
{
	return ns > after_ns && ns < other_ns ? ns : other_ns;
}

/* Twice behind the window, as window_is_past() asks. */
int64_t ending_next_look_ns(int64_t after_ns)
{
	const int64_t behind_ns = GRACE_WINDOW_NS + GRACE_ORDER_NS;
	int64_t next_ns = sooner_after(after_ns, LOOK_SOON_NS, INT64_MAX);

	next_ns = sooner_after(after_ns, behind_ns + LOOK_BEHIND_NS, next_ns);
	next_ns = sooner_after(after_ns, behind_ns + LOOK_BEHIND2_NS, next_ns);
	next_ns = sooner_after(after_ns, GRACE_NUMBERS_NS + LOOK_LATE_NS, next_ns);
	for (size_t i = 0; i < ENDINGS; i++) {
		if (rows[i].grace_ns)
			next_ns = sooner_after(after_ns, rows[i].grace_ns + LOOK_LATE_NS, next_ns);
		if (rows[i].kept_ns)
			next_ns = sooner_after(after_ns, rows[i].kept_ns + LOOK_LATE_NS, next_ns);
	}
	assert(next_ns > after_ns);
	return next_ns;
}
