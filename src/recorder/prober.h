/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of a recorder that keeps its privileges, and reads nothing that others wrote. */
#ifndef MIGTRACE_RECORDER_PROBER_H
#define MIGTRACE_RECORDER_PROBER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/recording/recording.h"
#include "probe/host/daemons.h"
#include "probe/target/target.h"
#include "probe/kernel/tracer.h"

struct prober;

/* What it works with; all is borrowed. */
struct prober_means {
	struct tracer *tracer;
	const struct target_look *look;
	const struct host_filter *host;
	const char *stats_uri; /* as in ask_open() */
};

/* What a look for new daemons has found: a file, or at last all daemons. */
struct prober_found {
	bool is_last;
	bool has_target; /* something of the file is probed */
	enum probe_file file;
	pid_t pids[DAEMONS_MAX]; /* of the last: all that are there */
	uint32_t pid_count;
	int refused;	 /* of the last: see struct daemons */
	bool is_full;	 /* there was no room for it; of the last: for any, see struct daemons */
	bool is_pending; /* of the last: there is to be another look */
	struct target target;
};

/*
 * Begins it, as a process that ends with us: what the tracer has attached is its from now on, and
 * detached with it. We are confined. Returns NULL with errno; prober_free() frees.
 */
struct prober *prober_new(const struct prober_means *means);

/* Returns what is readable when it has said something on its standard error, or has ended. */
int prober_fd(const struct prober *prober);

/* Passes that on to ours. Returns 0; or -EPIPE where it has ended. */
int prober_said(const struct prober *prober);

/*
 * Probes the next file that is new; with the last, gives back what nobody can run any more. All
 * events must have been consumed before the first one. Returns 0; found is valid until the next
 * call. Or -errno.
 */
int prober_next(struct prober *prober, const struct prober_found **found);

/* As daemon_identify(). */
struct daemon prober_identify(struct prober *prober, pid_t pid);

/* As ask_open(); or for no uuid as listener_open(). */
int prober_talk(struct prober *prober, pid_t daemon, const uint8_t *uuid);

/* As on_demand_sched(). */
void prober_sched(struct prober *prober, bool is_wanted);

/* As vcpu_programs_watch(). */
void prober_vcpus(struct prober *prober, bool is_wanted);

/* As subjects_begin() and subjects_end(). */
void prober_watch(struct prober *prober, enum subject subject, pid_t pid,
		  struct watch_found *found);
void prober_unwatch(struct prober *prober, enum subject subject, uint32_t index);

/* As tracer_detach(). */
void prober_detach(struct prober *prober);

/* NULL is none. */
void prober_free(struct prober *prober);

#endif
