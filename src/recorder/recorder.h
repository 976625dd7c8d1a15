/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The recorder of this host, and how others look on while it records. */
#ifndef MIGTRACE_RECORDER_RECORDER_H
#define MIGTRACE_RECORDER_RECORDER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/status.h"
#include "probe/host/daemons.h"
#include "probe/kernel/tracer.h"
#include "probe/target/target.h"
#include "recorder/settings.h"

/* What is to be done after a watcher's turn. */
enum watch {
	WATCH_ON,
	WATCH_LOOK, /* take a clock snapshot at once, then give it another turn */
	WATCH_END,
};

/* All functions get arg; times are CLOCK_MONOTONIC as the recording has it. */
struct watcher {
	void *arg;
	FILE *out;	/* takes the records; the watcher's */
	bool has_peers; /* there are other hosts, so that this one need not have a daemon */
	int fd;		/* readable when the watcher has something to do; -1: never */
	/* The daemons were found, but are not probed yet. */
	void (*found)(void *arg, const struct daemons *daemons);
	/* They are: targets[i] is of daemons->files[i], NULL where that could not be. */
	void (*attached)(void *arg, const struct daemons *daemons, struct target *const *targets);
	/* The recorder's privileges are as low as they will be. */
	void (*begun)(void *arg);
	/* A clock snapshot was taken: whoever else is to be asked for the time can be asked now. */
	void (*looked)(void *arg, int64_t now_ns);
	enum watch (*turn)(void *arg, int64_t now_ns);
	/* Returns for how long it needs no turn if nothing happens, ms; -1: for ever. */
	int (*pause_ms)(void *arg, int64_t now_ns);
	/* No more records come; counts is final. */
	void (*ended)(void *arg, const struct tracer_counts *counts);
};

/*
 * Records as the settings say until the watcher, if there is one, or a signal ends it. Returns the
 * command's exit status, with a line on stderr where that is not 0.
 */
enum status recorder_watched(const struct recorder_settings *settings, struct watcher *watcher);

#endif
