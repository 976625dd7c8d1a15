/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What comes of the recordings' lines: news of sides, and migrations that have ended. */
#ifndef MIGTRACE_LIVE_FEED_H
#define MIGTRACE_LIVE_FEED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "core/match/correlator.h"
#include "core/match/progress.h"
#include "live/settings.h"
#include "live/view.h"
#include "record/read.h"

/* How often what has ended is checked for being complete. */
#define SETTLE_NS INT64_C(20000000)

struct feed {
	const struct live_settings *settings;
	const char *domain; /* that is waited for: a name or a UUID; NULL: none */
	struct view *view;
	struct correlator *correlator;
	struct progress progress;
	bool has_ended; /* a side: a migration may be complete */
	bool must_look; /* a clock snapshot is wanted, by which it can be */
	bool has_looked;
	int waiting; /* sides that have ended, but are not reported yet */
	int64_t settled_ns;
	bool is_done; /* what was waited for was reported, or cannot be any more */
	enum status status;
};

/* Opens the correlator. Returns 0 or -ENOMEM; feed_close() frees in both cases, but
 * not the view. */
int feed_open(struct feed *feed);
void feed_close(struct feed *feed);

/* Takes what the reader's last line said; now_ns is of this host's recording. */
void feed_read(struct feed *feed, const struct reader *reader, int64_t now_ns);

/* The recording, of a peer that is lost, gets no more lines. */
void feed_drop(struct feed *feed, const struct recording *recording);

/* Tells of what has ended, if it is time for that, and keeps the memory within its limit. */
void feed_settle(struct feed *feed, int64_t now_ns);

/* Tells of the rest, as far as it is known: no more lines come. */
void feed_end(struct feed *feed);

/* Ends with the status, where no worse one is known. */
void feed_raise(struct feed *feed, enum status status);

#endif
