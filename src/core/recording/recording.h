/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One host's recording in memory: what a file of records, or a stream of them, says. */
#ifndef MIGTRACE_CORE_RECORDING_RECORDING_H
#define MIGTRACE_CORE_RECORDING_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/recording/reported.h"
#include "migtrace_event.h"

#define HOST_NAME  65
#define UUID_TEXT  37
#define PROBE_NAME 64
#define JOB_ERROR  512

/*
 * One look at the host's clocks, all ns. The reads happened between the two of CLOCK_MONOTONIC, so
 * that the bracket is their error.
 */
struct clock_snapshot {
	int64_t mono_before_ns;
	int64_t raw_ns;
	int64_t real_ns;
	int64_t mono_after_ns;
	uint64_t lost; /* events lost until then */
};

/* A daemon that gave events, and its host: containers on one kernel have names of their own. */
struct daemon {
	uint32_t pid;
	char host[HOST_NAME];
	char hostuuid[UUID_TEXT]; /* "" if not known */
	int64_t gone_ns;	  /* when it was seen that it had ended; 0: it was not */
};

/*
 * A question of this recorder and the answer of another one, as in NTP: sent at t1 and received at
 * t4 by this host's CLOCK_MONOTONIC, received at t2 and answered at t3 by the other's.
 */
struct exchange {
	char peer[UUID_TEXT]; /* the id of the other's recording */
	int64_t t1_ns, t2_ns, t3_ns, t4_ns;
};

/* A probe that one of the files does not have, so that its events are missing. */
struct missing {
	char name[PROBE_NAME];
};

/* A span of the host's clock of which nothing is there, and why: static. */
struct gap {
	int64_t from_ns, to_ns;
	bool is_of_one; /* nothing of that domain; else of none */
	uint8_t uuid[MT_UUID];
	const char *why;
};

/*
 * What the daemon said of a domain's job: when it was asked, at the end of a call that ends one, or
 * by itself, by its JOB_COMPLETED event.
 */
struct job_stats {
	int64_t end_ns; /* when that call ended, or the event was heard of */
	bool is_event;
	uint32_t pid;
	uint8_t uuid[MT_UUID];
	char error[JOB_ERROR]; /* why it said nothing; "" if it did */
	struct reported reported;
};

struct recording {
	const char *name; /* the file's, for messages; borrowed */
	char host[HOST_NAME];
	char id[UUID_TEXT];	 /* "" if it has none */
	char boot_id[UUID_TEXT]; /* of the host's kernel; "" if not known */
	bool is_kernel_clock;	 /* its stamps are the kernel's, not shifted as tests want them */
	/* What core/recording/store.h adds to; events are in order of time once recording_sort()
	 * was called.
	 */
	struct mt_event *events;
	struct clock_snapshot *snapshots; /* in order of time */
	struct exchange *exchanges;
	struct daemon *daemons;
	struct gap *gaps;
	struct missing *missing;
	struct job_stats *job_stats; /* in order of time */
	size_t event_count, snapshot_count, exchange_count, daemon_count, gap_count, missing_count,
		job_stats_count;
	size_t event_room, snapshot_room, exchange_room, daemon_room, gap_room, missing_room,
		job_stats_room;

	size_t *held;	   /* what all recordings of one limit hold, at most; NULL: none */
	bool has_begun;	   /* has had its first look at the clocks, */
	int64_t begin_ns;  /* at this instant: of what came after it nothing is lacking */
	bool is_open;	   /* more of it is to come */
	bool is_kept;	   /* halves of what goes on are kept: who gives up early, splits them */
	bool asks_libvirt; /* its recorder asks libvirt for its numbers when a job ends */
	int64_t heard_ns;  /* what had happened by then has come; see correlator_settle() */
	struct recording *joined; /* the one that it goes on, which has all of it; or NULL */
	struct recording *part; /* the last one that was joined to this; or, joined, that before */
	size_t unended;		/* how many recorders of it have not said that they ended */
	uint64_t hits;		/* of probes; 0 before the end line */
	uint64_t unreadable;	/* arguments that could not be read; 0 before the end line */
	uint64_t lost_before;	/* by the recordings that it goes on */
};

/* Returns the recording that has what came of this one: itself, or the one that it was joined to.
 */
const struct recording *recording_root(const struct recording *recording);

/* Returns whether both are known to be of one kernel since it booted. */
bool recordings_are_of_one_kernel(const struct recording *a, const struct recording *b);

/* Returns whether both have the stamps of one and the same clock. */
bool recordings_share_clock(const struct recording *a, const struct recording *b);

/*
 * Returns the host's wall clock at that instant of its CLOCK_MONOTONIC, by the nearest look; 0 if
 * it never looked.
 */
int64_t recording_real_ns(const struct recording *recording, int64_t ns);

/* Returns whether the host's clocks were looked at after that instant of CLOCK_MONOTONIC. */
bool recording_is_after(const struct recording *recording, uint64_t ns);

/* Returns the daemon that had the pid at that instant of the host's clock, or NULL. */
const struct daemon *recording_daemon(const struct recording *recording, uint32_t pid, int64_t ns);

/* Returns whether a file was without that probe: then nothing that it would have seen is known. */
bool recording_misses(const struct recording *recording, const char *name);

/*
 * Returns how many events may have been lost between the two instants of the host's clock:
 * all those of which no two snapshots show that they were lost before or after.
 */
uint64_t recording_lost(const struct recording *recording, int64_t from_ns, int64_t to_ns);

/*
 * Returns why the recording may lack events of the domain in that span of the host's clock, static,
 * or NULL.
 */
const char *recording_hole(const struct recording *recording, const uint8_t uuid[MT_UUID],
			   int64_t from_ns, int64_t to_ns);

/*
 * Returns how many spans between the two instants the recording has nothing of; the first one goes
 * to *first.
 */
size_t recording_gaps(const struct recording *recording, int64_t from_ns, int64_t to_ns,
		      struct gap *first);

/* A span of the host's clock; empty where to_ns is before from_ns. */
struct span {
	int64_t from_ns, to_ns;
};

/* Returns the longest span around the instant of which the recording lacks nothing
 * of the domain. */
struct span recording_whole_around(const struct recording *recording, const uint8_t uuid[MT_UUID],
				   int64_t ns);

#endif
