/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Migrations that are going on, one side each, as their events come: to be shown, not measured. */
#ifndef MIGTRACE_CORE_MATCH_PROGRESS_H
#define MIGTRACE_CORE_MATCH_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/event/opt.h"
#include "core/passes/forecast.h"
#include "core/side/side.h"
#include "core/recording/recording.h"

#define GOING_MAX  512 /* sides at once: of more, the one that was not heard of longest goes */
#define GOING_PEER 64

/* One side of a migration that is going on. Text is from outside. */
struct going {
	bool is_reported; /* the caller's: at first false */
	const struct recording *recording;
	uint32_t tgid;
	uint8_t uuid[MT_UUID];
	struct job job;
	uint64_t number;	    /* of this run: counted up, so that it names the side */
	uint64_t first_ns;	    /* of its first event, by the recording's clock */
	int64_t begun_ns, heard_ns; /* of the caller's clock */
	char name[MT_TEXT];	    /* the domain's, "" as long as it was not seen */
	char peer[GOING_PEER];	    /* the other host's name or address, "" as long as unknown */
	struct opt_i64 pass, remaining, total, kbit_per_s, expected_ms;
	struct passes *passes;	  /* of a source's, or NULL */
	struct forecast forecast; /* by them, as they were last heard of */
};

struct progress {
	struct going *going[GOING_MAX];
	size_t count;
	uint64_t number;
};

enum progress_step {
	PROGRESS_NONE,
	PROGRESS_BEGUN, /* this is the first event of a side */
	PROGRESS_NEWS,	/* there is something new to show */
	PROGRESS_OVER,	/* it was the last: the side is not there any more */
};

/*
 * Takes an event of the recording, in the order in which they come; now_ns is of any clock.
 * *going is the side that it is about where there is one, and valid until the next call.
 */
enum progress_step progress_feed(struct progress *progress, const struct recording *recording,
				 const struct mt_event *event, int64_t now_ns,
				 struct going **going);

/* Returns the other side of the same domain's migration, if it is going on; or NULL. */
const struct going *progress_other(const struct progress *progress, const struct going *going);

/* Forgets the sides on the daemon with that pid, which has ended. Returns how many there were. */
size_t progress_ended(struct progress *progress, const struct recording *recording, uint32_t pid);

/* Forgets the side, if it is there: it has been reported. */
void progress_reported(struct progress *progress, const struct side *side);

/* Forgets the sides of the recording, which has ended. Returns how many there were. */
size_t progress_drop(struct progress *progress, const struct recording *recording);

void progress_free(struct progress *progress);

#endif
