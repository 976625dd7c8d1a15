/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where one side's job of moving a domain begins and ends, event by event. */
#ifndef MIGTRACE_CORE_SIDE_JOB_H
#define MIGTRACE_CORE_SIDE_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "core/side/ending.h"
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

/* What an event means for it. */
struct job_step {
	enum ending_cause ended_before; /* why the job that was going on had ended before, if so */
	bool is_in;			/* the event is part of a job, */
	bool begins;			/* and the first of it, */
	bool ends;			/* or the last of it */
};

/* Takes the domain's events on that daemon, in order of time. */
struct job_step job_feed(struct job *job, const struct mt_event *event);

/* Returns whether the event may be the first of an attempt: a call that begins a side's job. */
bool event_begins_job(const struct mt_event *event);

/* Returns whether the event may be that the last call of some side's job returned. */
bool event_may_end_job(const struct mt_event *event);

/* Returns whether the remote procedure is one that the source's daemon serves, or
 * uses as client. */
bool is_prepare_proc(uint64_t proc);
bool is_tunnel_proc(uint64_t proc); /* one of Prepare's, of a tunnelled migration */
bool is_finish_proc(uint64_t proc);
bool is_perform_proc(uint64_t proc);

#endif
