/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a side of a migration ends: the table of causes, and how long each takes to be sure. */
#ifndef MIGTRACE_CORE_SIDE_ENDING_H
#define MIGTRACE_CORE_SIDE_ENDING_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

struct side;

/* In order of precedence: the first that is sure holds. */
enum ending_cause {
	ENDING_NONE, /* it is going on, as far as was seen */

	/* The side has ended, as its own recording shows. */
	ENDING_REPLIED,	    /* its last call was replied to */
	ENDING_NEXT_JOB,    /* the domain's next job has begun on the same daemon */
	ENDING_DAEMON_GONE, /* its daemon has ended: nobody saw the rest of the job */
	ENDING_QEMU_GONE,   /* destination: its QEMU ended, and nobody called Finish */
	ENDING_UNANSWERED,  /* its last call returned, but who called has gone */
	ENDING_UNCONFIRMED, /* source: its client performed, and never confirmed */

	/* The side is given up: how it ended will not be seen. */
	ENDING_RECORDING,   /* its recording ended */
	ENDING_GAP,	    /* its recording has a gap behind its last event */
	ENDING_PEER_GONE,   /* the other side's daemon has ended */
	ENDING_CLIENT_GONE, /* source: performed, but not confirmed since the destination ended */
	ENDINGS
};
static_assert(ENDING_NONE == 0, "a side without an ending is zeroed");

struct ending {
	enum ending_cause cause;
	/* When what shows it happened, by the clock of the host that shows it: the other side's for
	 * ENDING_PEER_GONE and ENDING_CLIENT_GONE, else the side's. */
	int64_t ns;
	bool is_sure; /* no event has contradicted it for its grace */
};

/*
 * Returns the ending that the side's own recording shows: the first cause that is sure, else the
 * first that becomes sure if nothing more comes, else ENDING_NONE. It is in side->ending.
 */
struct ending ending_of(const struct side *side);

/* Returns why the rest of the side will not be seen, or ENDING_NONE. other: NULL if not seen. */
struct ending ending_given_up(const struct side *side, const struct side *other);

/* Returns whether the side has seen its end: what it had not done by then, it never did. */
bool side_saw_end(const struct side *side);

/* Returns why the side may have done more than was seen, static; NULL: it has not. */
const char *side_why_cut_short(const struct side *side);

/* Returns why the side's outcome is open, where it is; static. */
const char *ending_why_open(const struct ending *ending);

/* Returns whether the source's client is overdue: it performed, and has long not confirmed. */
bool side_is_deserted(const struct side *side);

/*
 * Returns how long after a host's last event its clocks are to be read next, when they were last
 * read after_ns after it (0: not yet), or should have been; INT64_MAX: not any more. By these
 * snapshots every ending of the table becomes sure, and what waits for it is reported.
 */
int64_t ending_next_look_ns(int64_t after_ns);

#endif
