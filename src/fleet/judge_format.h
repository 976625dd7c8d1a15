/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a collector and the process that judges halves for it have to agree on. */
#ifndef MIGTRACE_FLEET_JUDGE_FORMAT_H
#define MIGTRACE_FLEET_JUDGE_FORMAT_H

#include "fleet/message.h"

#define JUDGE_HALVES 64 /* in a group at most */

/* What is wanted of a group. */
enum judge_wanted {
	JUDGE_PAIRS, /* the reports of those migrations of which both halves are there */
	JUDGE_EACH,  /* the report of each half by itself */
	JUDGE_PAGE,  /* one page of all, for a browser */
	JUDGE_TRACE, /* the trace of the migration that they are of */
	JUDGE_WANTED,
};

#endif
