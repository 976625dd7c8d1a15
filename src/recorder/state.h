/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A recorder's state, and what its parts do for each other. */
#ifndef MIGTRACE_RECORDER_STATE_H
#define MIGTRACE_RECORDER_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "libvirt/asks.h"
#include "libvirt/listeners.h"
#include "link/answer.h"
#include "link/peer.h"
#include "link/starter.h"
#include "probe/host/processes.h"
#include "probe/host/rescan.h"
#include "recorder/prober.h"
#include "recorder/recorder.h"
#include "recorder/schedule.h"

/* Of the scheduler. */
struct watching {
	bool are_seen;
	size_t performing; /* calls of Perform that have not returned */
	int64_t event_ns;  /* the last event of a migration */
};

struct recorder {
	const struct recorder_settings *settings;
	FILE *out;
	struct target_look look;
	struct tracer *tracer;
	struct prober *prober;			       /* which has our privileges */
	struct enum_names *states[MT_TARGETS_MAX + 1]; /* of migrations, by the build's number */
	struct processes *processes;		       /* that the recording names */
	struct watcher *watcher;		       /* NULL: none */
	struct schedule schedule;
	struct starter *starter; /* of the peer */
	struct peer *peer;	 /* NULL: none */
	struct answer answer;
	int64_t asked_ns;	     /* when it last came for an answer, or began */
	struct asks *asks;	     /* NULL: none */
	struct listeners *listeners; /* NULL: none */
	struct rescan rescan;
	struct watching watching;
	int signals, timer; /* that end it */
	bool is_whole;	    /* nothing vital that is there could not be probed */
	bool is_full;	    /* there was more than there is room for */
	int err;
};

/* Keeps the first error of the recording, with a line on stderr: it ends there. 0 is none. */
void recorder_check(struct recorder *recorder, int err);

/* Returns what the recording's clock shows when ours shows ns; and now. */
int64_t recorder_stamp(const struct recorder *recorder, int64_t ns);
int64_t recorder_now(const struct recorder *recorder);

/* snapshots.c: writes a clock snapshot; */
void recorder_snapshot(struct recorder *recorder);

/* and asks the others for the time, too. */
void recorder_look(struct recorder *recorder);

/* events.c: writes all events that have come. */
void recorder_consume(struct recorder *recorder);

/* Writes which processes have ended. */
void recorder_forget(struct recorder *recorder);

/* Returns what is known of the process, which is named in the recording when it is new. */
const struct process *recorder_process(struct recorder *recorder, uint32_t pid);

/* Writes what a file is that is probed. */
void recorder_target(struct recorder *recorder, const struct target *target);

/* probes.c: attaches to the files of the daemons, before we are confined. Returns whether there is
 * something to record; where that is not all that is vital, only if wanted. */
bool recorder_may_begin(struct recorder *recorder, const struct daemons *daemons,
			struct target **targets);

/* Probes the files that are new: another version was installed, or a container came. */
void recorder_rescan(struct recorder *recorder);

/* sched.c: sees the scheduler's switches since an event, until sched_due_ns() (INT64_MAX: never).
 */
void sched_event(struct recorder *recorder, const struct mt_event *event);
int64_t sched_due_ns(const struct recorder *recorder);
void sched_tend(struct recorder *recorder, int64_t now_ns);

/* job_stats.c: who asks libvirt, and who listens to it, if the settings say so. */
void job_stats_begin(struct recorder *recorder);
void job_stats_listen(struct recorder *recorder, const pid_t *pids, size_t count);

/* Fills in those who ask, and those who listen, for poll(), which passes over what is negative. */
#define JOB_STATS_FDS (ASKS_MAX + LISTENERS_MAX)
void job_stats_poll(const struct recorder *recorder, struct pollfd *fds);
void job_stats_read(struct recorder *recorder, const struct pollfd *fds);

/* Asks for what is still open, and reads what was said meanwhile. */
void job_stats_finish(struct recorder *recorder);
void job_stats_free(struct recorder *recorder);

/* link.c: when nobody has asked for as long as the settings allow, INT64_MAX for never. */
int64_t link_silent_ns(const struct recorder *recorder);

/* Begins who can start the peer, which we may not any more once we are confined; */
void link_prepare(struct recorder *recorder);

/* starts it, reads what it says (returns whether there is more to come), and ends it. */
void link_begin(struct recorder *recorder);
bool link_hear(struct recorder *recorder);
void link_end(struct recorder *recorder);

/* Answers to what came on stdin. Returns whether the recording goes on. */
bool link_serve(struct recorder *recorder);

/* loop.c: records until the watcher, a signal, the timer, an error or a reader that has gone. */
void recorder_loop(struct recorder *recorder);

#endif
