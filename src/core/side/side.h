/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One side (source or destination) of one migration: its events and its key timestamps. */
#ifndef MIGTRACE_CORE_SIDE_SIDE_H
#define MIGTRACE_CORE_SIDE_SIDE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/recording/recording.h"
#include "core/side/ending.h"
#include "core/clock/instant.h"
#include "core/side/job.h"
#include "core/side/phase.h"
#include "migtrace_event.h"

/* What only a source has. That halted and resumed are not known says nothing: see side_runs(). */
struct source_instants {
	struct src_instant start;   /* of the job */
	struct src_instant stopped; /* libvirt had handled the STOP before the hand-over */
	struct src_instant sent;    /* ready to hand over */
	struct src_instant halted;  /* libvirt had handled the last STOP, where it did not work: */
	struct src_instant resumed; /* the guest was started again */
};

/* What only a destination has. */
struct destination_instants {
	struct dst_instant received; /* Finish entered */
	struct dst_instant done;     /* StartCPUs returned */
};

/* All that a recording has of one domain. */
struct domain {
	const struct mt_event *const *events; /* in order of time */
	size_t count;
};

struct side {
	enum role role;
	const struct recording *recording;
	const struct mt_event *const *events; /* slice, in order of time, at least one */
	size_t count;
	struct domain domain; /* see core/side/domain.h */

	struct phase phase[PHASES]; /* by enum phase_name */
	struct ending ending;	    /* by its own recording; see ending_of() */
	int64_t returned_ns;	    /* when its last call returned; 0: not seen */
	bool has_uuid_conflict;	    /* conflicting domain UUIDs */
	bool is_p2p;		    /* source: its daemon calls the destination's */
	bool has_no_qemu;	    /* its QEMU was gone when it ended */
	struct source_instants src;
	struct destination_instants dst;
	/* What comes after it cannot change these instants: Run's end, Finish's return. */
	struct instant settled;
	/* The event with the cookie that the source's Run sends and the
	 * destination's Finish gets. */
	const struct mt_event *cookie;
	char host[HOST_NAME]; /* as its own cookies have it; "" if there is none */
};

/* The sides of one recording; they point into it, so it must live as long. */
struct sides {
	struct side *side;
	size_t count;
	const struct mt_event **order; /* by daemon and domain */
	const struct mt_event **by_domain;
};

/* Finds the sides in the recording. Returns 0 or -ENOMEM; sides_free() frees in both cases. */
int sides_find(const struct recording *recording, struct sides *sides);

void sides_free(struct sides *sides);

/* Returns the first event of that kind and edge that is not before from, or NULL. */
const struct mt_event *side_first(const struct side *side, enum mt_kind kind, enum mt_edge edge,
				  int64_t from_ns);

/* Returns the last event of that kind and edge in [from_ns, to_ns], or NULL. */
const struct mt_event *side_last(const struct side *side, enum mt_kind kind, enum mt_edge edge,
				 int64_t from_ns, int64_t to_ns);

/*
 * Returns whether a client that drives both sides has performed it, and was not seen to confirm it,
 * which one that lives does as soon as it has finished.
 */
bool side_is_unconfirmed(const struct side *side);

/* Returns what libvirt was asked of the side's job last, or NULL if it was not. */
const struct job_stats *side_job_asked(const struct side *side);

/* Returns what its JOB_COMPLETED event said, of a source, or NULL where it was not heard. */
const struct job_stats *side_job_event(const struct side *side);

/* Returns the first of these if it has numbers, else the second, else why not; or NULL. */
const struct job_stats *side_job_stats(const struct side *side);

/* Returns whether the side has ended for sure, as its own recording shows. */
static inline bool side_has_ended(const struct side *side)
{
	return side->ending.is_sure;
}

/* Returns why the recording may lack events of the side, static, or NULL. */
const char *side_hole(const struct side *side);

/* Returns the wall clock of the side's host at that instant of it; 0 for 0, which is not known. */
static inline int64_t side_real_ns(const struct side *side, int64_t ns)
{
	return ns ? recording_real_ns(side->recording, ns) : 0;
}

/* Returns the domain's UUID, 16 bytes. */
static inline const uint8_t *side_uuid(const struct side *side)
{
	assert(side->count);
	return side->events[0]->uuid;
}

#endif
