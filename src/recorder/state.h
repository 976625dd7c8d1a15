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
#include "recorder/output.h"
#include "recorder/prober.h"
#include "recorder/recorder.h"
#include "recorder/schedule.h"

/* Of the scheduler. */
struct watching {
	bool are_seen;
	size_t performing; /* calls of Perform that have not returned */
	int64_t event_ns;  /* the last event of a migration */
};

/* Of systemd. */
struct watchdog {
	int notify; /* -1: none */
	int64_t every_ns, due_ns;
};

/* A network interface or disk of a guest that migrates. Times are CLOCK_MONOTONIC's; 0: not yet. */
struct watched {
	enum subject subject;
	uint32_t pid;
	uint32_t index; /* of those that the programs share with us */
	uint8_t uuid[MT_UUID];
	bool has_failed; /* the migration: the guest stays */
	bool has_loaded; /* it is the destination's: a source's may be stopped and started, too */
	int64_t begun_ns, completed_ns, started_ns, exited_ns;
};

#define VCPU_WATCHES 64

/* A guest that migrates, whose vCPUs are watched. Times are CLOCK_MONOTONIC's. */
struct vcpu_watch {
	uint32_t pid;
	uint8_t uuid[MT_UUID];
	bool is_postcopy;
	bool is_told;		   /* the last of it */
	int64_t begun_ns, next_ns; /* a pass is worth a look from then on */
	int64_t due_ns; /* the end, and the last look before it; INT64_MAX: that is another event */
};

/* What of the guest that began to migrate last is watched since then. */
struct watch_begun {
	struct watch_found found;
	int64_t ns;
};

#define WATCHES_MAX (MT_TAPS + MT_DISKS)

struct recorder {
	const struct recorder_settings *settings;
	FILE *out;
	struct patient_output *output; /* of a file that is ours; NULL: of another */
	struct watchdog watchdog;
	struct target_look look;
	struct tracer *tracer;
	struct prober *prober;			       /* which has our privileges */
	struct enum_names *states[MT_TARGETS_MAX + 1]; /* of migrations, by the build's number */
	struct processes *processes;		       /* that the recording names */
	struct watcher *watcher;		       /* NULL: none */
	struct schedule schedule;
	struct starter *starter; /* of the peer */
	struct peer *peer;	 /* NULL: none */
	bool has_answered;	 /* the peer: it records, too */
	struct answer answer;
	int64_t asked_ns;	     /* when it last came for an answer, or began */
	struct asks *asks;	     /* NULL: none */
	struct listeners *listeners; /* NULL: none */
	struct rescan rescan;
	struct watching watching;
	struct watched watches[WATCHES_MAX];
	size_t watch_count;
	struct watch_begun watch_begun[SUBJECTS];
	struct vcpu_watch vcpu_watch[VCPU_WATCHES];
	size_t vcpu_watch_count;
	int signals, timer;    /* that end it */
	int installed;	       /* readable when another libvirt or QEMU is; -1: is not seen */
	size_t daemons, files; /* that it began with */
	bool is_told;	       /* that it records */
	bool is_whole;	       /* nothing vital that is there could not be probed */
	bool is_full;	       /* there was more than there is room for */
	bool has_lost;	       /* events, a peer, or processes: which was said */
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

/* Returns how many events were lost so far, in the kernel or for lack of room. */
uint64_t recorder_lost(const struct recorder *recorder);

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

/* watchdog.c: tells systemd that we are at work, when it is due (INT64_MAX: never). */
void watchdog_begin(struct recorder *recorder);
int64_t watchdog_due_ns(const struct recorder *recorder);
void watchdog_tend(struct recorder *recorder, int64_t now_ns);
void watchdog_end(struct recorder *recorder);

/* Returns whether QEMU's migration has come to that state, by its name; and whether it begins. */
bool event_says(const struct mt_event *event, const char *state);
bool event_begins(const struct mt_event *event);

/* watch.c: watches the network interfaces and disks of guests from their migration's begin on,
 * until watch_due_ns() (INT64_MAX: none is watched), and writes what was seen. watch_arm() comes
 * first, of an event that watch_event() gets when it is written. */
void watch_arm(struct recorder *recorder, const struct mt_event *event);
void watch_event(struct recorder *recorder, const struct mt_event *event);
int64_t watch_due_ns(const struct recorder *recorder);
void watch_tend(struct recorder *recorder, int64_t now_ns);
void watch_finish(struct recorder *recorder);

/* net_watch.c and disk_watch.c: fills in the event's name, and of one that ends what was seen; */
void net_watch_fill(const struct recorder *recorder, const struct watched *watch, bool is_whole,
		    struct mt_event *event);
void disk_watch_fill(const struct recorder *recorder, const struct watched *watch, bool is_whole,
		     struct mt_event *event);

/* and returns whether all has been seen, or what is left will not come. */
bool net_watch_is_over(const struct recorder *recorder, const struct watched *watch,
		       int64_t now_ns);
bool disk_watch_is_over(const struct recorder *recorder, const struct watched *watch,
			int64_t now_ns);

/* Returns the recording's stamp for one of the programs'; 0 for 0: it was not seen. */
uint64_t watch_stamp(const struct recorder *recorder, uint64_t ns);

/* vcpu_watch.c: writes where the time of vCPUs went, of guests that migrate: at each pass, as they
 * are stopped, and for a while after they were started. vcpus_arm() comes first, as above;
 * vcpus_event() gets the event as it came, and as it is written. */
void vcpus_arm(struct recorder *recorder, const struct mt_event *event);
void vcpus_event(struct recorder *recorder, const struct mt_event *event,
		 const struct mt_event *stamped);
int64_t vcpus_due_ns(const struct recorder *recorder);
void vcpus_tend(struct recorder *recorder, int64_t now_ns);
void vcpus_finish(struct recorder *recorder);

/* events.c: leaves out what is no name of where a thread slept. */
void where_close(struct mt_event *event);

/* loader_watch.c: writes what the thread waited for that has loaded a guest. The event as it came,
 * and as it is written. */
void loader_event(struct recorder *recorder, const struct mt_event *event,
		  const struct mt_event *stamped);

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

/* recorder.c: says once, to who waits for it before starting a migration, that all who are to
 * record do. */
void recorder_say(struct recorder *recorder);

/* loop.c: records until the watcher, a signal, the timer, an error or a reader that has gone. */
void recorder_loop(struct recorder *recorder);

#endif
