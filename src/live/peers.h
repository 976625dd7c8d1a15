/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recorders on other hosts: start them, read them, restart the ones that are lost. */
#ifndef MIGTRACE_LIVE_PEERS_H
#define MIGTRACE_LIVE_PEERS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/match/correlator.h"
#include "live/settings.h"
#include "record/read.h"

struct peers;

/* Times are of the clock that is in this host's recording. */
struct peers_user {
	void *arg;
	int64_t (*now_ns)(void *arg);
	/* An answer came to what this host asked; all of it is filled in. */
	void (*answered)(void *arg, const struct exchange *exchange);
	/* The reader has taken a line. */
	void (*read)(void *arg, const struct reader *reader);
	/* The peer is there, or is lost, and its recording with it. */
	void (*came)(void *arg, const char *name, bool is_again);
	void (*lost)(void *arg, const char *name, const struct recording *recording);
};

/* Returns the settings' peers, none of them started; NULL if out of memory. All is borrowed. */
struct peers *peers_new(const struct live_settings *settings, struct correlator *correlator,
			const struct peers_user *user);

/* Returns what is readable when there is something to do. */
int peers_fd(const struct peers *peers);

/* Starts those that are due, reads what has come, ends those that are silent or send too much. */
void peers_turn(struct peers *peers);

/* Asks all for the time. */
void peers_ask(struct peers *peers);

/* Returns for how long no turn is needed if nothing comes, ms; -1: for ever. */
int peers_pause_ms(const struct peers *peers, int64_t now_ns);

/* Returns whether all are being recorded, with a line on stderr of each that is not. */
bool peers_are_seen(const struct peers *peers);

/* Ends them and reads what they still send, for some seconds at most. NULL is none. */
void peers_end(struct peers *peers);

#endif
