/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libvirt's phases on one side: when each began and ended, and whether it worked. */
#ifndef MIGTRACE_CORE_SIDE_PHASE_H
#define MIGTRACE_CORE_SIDE_PHASE_H

#include <stddef.h>
#include <stdint.h>

#include "migtrace_event.h"

struct side;

/* In order of time. Prepare and Finish are the destination's; those of a source are the calls that
 * its daemon makes of the other one (p2p). */
enum phase_name {
	PHASE_BEGIN,
	PHASE_PREPARE,
	PHASE_PERFORM,
	PHASE_RUN,
	PHASE_FINISH,
	PHASE_CONFIRM,
	PHASE_COMPLETE,
	PHASES
};

enum phase_result {
	PHASE_UNKNOWN,
	PHASE_WORKED,
	PHASE_FAILED,
};

/* By what it is known that it has ended, and how. */
enum phase_evidence {
	EVIDENCE_NONE,	 /* it is not */
	EVIDENCE_RETURN, /* its function returned */
	EVIDENCE_REPLY,	 /* the reply to the call that it serves, or is */
};

struct phase {
	const struct mt_event
		*began; /* its function's entry, or that it is called; NULL: not seen */
	const struct mt_event *ended; /* what the evidence is; NULL: not seen */
	const struct mt_event *reply; /* the RPC's, evidence or not; NULL: not seen */
	enum phase_result result;
	enum phase_evidence evidence;
};

/* Fills the side's phases: of one that comes more than once the last call, and the first reply. */
void phases_find(struct side *side);

/* Returns that its function returned, or NULL if that was not seen. */
static inline const struct mt_event *phase_return(const struct phase *phase)
{
	return phase->evidence == EVIDENCE_RETURN ? phase->ended : NULL;
}

/* Returns when the event was, or 0 for NULL: not seen. */
static inline int64_t event_ns(const struct mt_event *event)
{
	return event ? (int64_t)event->ktime_ns : 0;
}

#endif
