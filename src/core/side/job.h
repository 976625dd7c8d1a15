/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where one side's job of moving a domain begins and ends, event by event. */
#ifndef MIGTRACE_CORE_SIDE_JOB_H
#define MIGTRACE_CORE_SIDE_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "migtrace_event.h"

enum role {
	ROLE_SOURCE,
	ROLE_DESTINATION,
};

/* Where it stands for one domain on one daemon; {0} at first. */
struct job {
	bool is_going;
	enum role role; /* of the one that is going on, or was last */
	bool has_performed;
	bool is_p2p;
	uint64_t returned_ns; /* when its last call returned; 0: not yet */
};

/* How long after its return the last call may be replied to; who called may have gone. */
#define REPLY_NS UINT64_C(5000000000)

/* What an event means for it. */
struct job_step {
	bool ends_before; /* the one that was going on is over: this is of another one, or of none
			   */
	bool is_in;	  /* the event is part of a job, */
	bool begins;	  /* and the first of it, */
	bool ends;	  /* or the last of it */
};

/* Takes the domain's events on that daemon, in order of time. */
struct job_step job_feed(struct job *job, const struct mt_event *event);

/* Returns whether the event is that the last call of a side's job returned, as it was so far. */
bool is_last_return(const struct mt_event *event, enum role role, bool is_p2p);

/* Returns whether the remote procedure is one that the source's daemon serves, or uses as client.
 */
bool is_prepare_proc(uint64_t proc);
bool is_finish_proc(uint64_t proc);
bool is_perform_proc(uint64_t proc);

#endif
