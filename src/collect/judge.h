/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The process that reads halves for a collector: what is in them may be hostile. */
#ifndef MIGTRACE_COLLECT_JUDGE_H
#define MIGTRACE_COLLECT_JUDGE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/recording/recording.h"
#include "fleet/judge_format.h"

struct judge;

/* Returns it, not yet started; NULL without memory. judge_free() ends it. */
struct judge *judge_new(void);

struct judge_half {
	const void *bytes;
	size_t size;
	int64_t began_s; /* when its side has begun, by its id */
	/* Are put there: whose recorder it was, and which host's side it is; "": it is none. */
	char recorder[HOST_NAME], host[HOST_NAME];
};

struct judge_report {
	size_t half[2]; /* the source's and the destination's; or the first one of others, twice */
	char *text;	/* JSON Lines, as report prints them */
};

struct judge_answer {
	struct judge_report report[JUDGE_HALVES];
	size_t count;
};

/*
 * Asks for what is wanted of the halves; of a page, and of a trace, there is one report, of them
 * all. Returns 0; -EPROTO where one of them is no recording, or has ended the process; or -errno
 * with a line on stderr. judge_answer_free() frees in any case.
 */
int judge_ask(struct judge *judge, struct judge_half *halves, size_t count,
	      enum judge_wanted wanted, struct judge_answer *answer);

void judge_answer_free(struct judge_answer *answer);

/* NULL is none. */
void judge_free(struct judge *judge);

#endif
