/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A collector: takes the halves of a fleet's migrations, and stores each migration once. */
#ifndef MIGTRACE_COLLECT_COLLECT_H
#define MIGTRACE_COLLECT_COLLECT_H

#include <stdint.h>

#include "base/status.h"
#include "collect/bus.h"
#include "collect/server.h"

#define COLLECT_PATH   "/var/lib/migtrace-collect"
#define COLLECT_LISTEN "127.0.0.1:9470"

struct collect_settings {
	struct server_settings server;
	struct bus_settings bus;
	const char *data;     /* the folder of its key and database; NULL: COLLECT_PATH */
	const char *database; /* a postgresql: URI; NULL: a file in the folder */
	const char *traces;   /* the URL of a receiver of OTLP; NULL: none */
	int64_t expire_ms;    /* how long a half waits for the other one; 0: what is usual, 1 h */
	int64_t age_ms;	      /* how long migrations are kept; 0: what is usual, 1 year */
};

/* Runs until a signal. Returns the exit status, with a line on stderr where it cannot begin. */
enum status collect(const struct collect_settings *settings);

/*
 * Takes what is in the folders, which are hosts' stores, as copied or mounted, and each called as
 * its host: as if the hosts had sent it. Prints a line for each. Returns the exit status:
 * STATUS_INCOMPLETE, with lines on stderr, where some of it was not taken.
 */
enum status collect_replay(const struct collect_settings *settings, char *const *folders,
			   size_t count);

/*
 * Makes the collector's key where there is none, and in the folder keys a file for each host: its
 * key, which is to be brought to it. Returns as collect().
 */
enum status collect_init(const struct collect_settings *settings, char *const *hosts, size_t count);

#endif
