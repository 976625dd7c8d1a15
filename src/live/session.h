/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A live session: this host's records and its peers', and the reports of their migrations. */
#ifndef MIGTRACE_LIVE_SESSION_H
#define MIGTRACE_LIVE_SESSION_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/status.h"
#include "live/settings.h"

struct session;

/* The clock that is in this host's recording; all times are of it. */
struct session_clock {
	int64_t (*now_ns)(void *arg);
	void *arg;
};

/* What this host's recorder watches. */
struct watched {
	size_t daemons;
	int pid;		/* of the first daemon, */
	const char *host;	/* and where it is */
	size_t files, probed;	/* of daemons and QEMUs, and of those the ones that have probes */
	size_t probes, missing; /* in them, and those that were not found */
};

/* What is to be done after a session's turn. */
enum session_next {
	SESSION_ON,
	SESSION_LOOK, /* take a clock snapshot at once, then give it another turn */
	SESSION_END,
};

/*
 * Returns a session of this host and the settings' peers, which are borrowed; or NULL with a line
 * on stderr. Until its end, stderr is above what it draws on a terminal. If a domain is given, by
 * its name or UUID, the session is to end when the first migration of it has.
 */
struct session *session_new(const struct live_settings *settings, const struct session_clock *clock,
			    const char *domain);

/* Returns the stream that takes this host's records; it is the session's. */
FILE *session_out(const struct session *session);

/* Returns what is readable when the session has something to do, or -1: never. */
int session_fd(const struct session *session);

/* The recorder has found its daemons; has attached its probes; has begun to record. */
void session_found(struct session *session, const struct watched *watched);
void session_attached(struct session *session, const struct watched *watched);
void session_begun(struct session *session);

/* Clock snapshots were taken: the peers are asked for the time, too. */
void session_looked(struct session *session);

/* Reads the peers, and reports what has ended. */
enum session_next session_turn(struct session *session, int64_t now_ns);

/* Returns for how long it needs no turn if nothing happens, ms; -1: for ever. */
int session_pause_ms(struct session *session, int64_t now_ns);

/* This host's recording has ended; so many events were lost. */
void session_ended(struct session *session, uint64_t lost);

/*
 * Tells of the rest, and frees the session. Returns the exit status, which is the recorder's where
 * that is not 0.
 */
enum status session_end(struct session *session, enum status status);

#endif
