/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words for what a migration and its parts are: the same in all formats. */
#include "report/words.h"

#include <stdio.h>

const char *role_name(enum role role)
{
	static const char *const names[] = {
		[ROLE_SOURCE] = "source",
		[ROLE_DESTINATION] = "destination",
	};

	return names[role];
}

const char *outcome_name(enum outcome outcome)
{
	static const char *const names[] = {
		[OUTCOME_UNKNOWN] = "unknown",	     [OUTCOME_COMPLETED] = "completed",
		[OUTCOME_FAILED] = "failed",	     [OUTCOME_CANCELLED] = "cancelled",
		[OUTCOME_UNFINISHED] = "unfinished",
	};

	return names[outcome];
}

const char *control_name(enum control control)
{
	static const char *const names[] = {
		[CONTROL_UNKNOWN] = "unknown",
		[CONTROL_P2P] = "p2p",
		[CONTROL_DIRECT] = "direct",
	};

	return names[control];
}

const char *left_name(enum place_left left)
{
	static const char *const names[] = {
		[LEFT_UNKNOWN] = "unknown",
		[LEFT_ON_SOURCE] = "source",
		[LEFT_ON_DESTINATION] = "destination",
		[LEFT_ON_BOTH] = "both",
		[LEFT_NOWHERE] = "nowhere",
		[LEFT_PAUSED] = "paused",
		[LEFT_PAUSED_ON_SOURCE] = "paused-on-source",
		[LEFT_BROKEN] = "broken",
		[LEFT_ENDED] = "ended",
	};

	return names[left];
}

const char *place_name(enum place place)
{
	static const char *const names[] = {
		[PLACE_SOURCE] = "source",
		[PLACE_TRANSFER] = "transfer",
		[PLACE_DESTINATION] = "destination",
	};

	return names[place];
}

void part_name(const struct part *part, char name[PART_TEXT])
{
	snprintf(name, PART_TEXT, "%s%s%s", part->name, part->detail ? " " : "",
		 part->detail ? part->detail : "");
}

const char *verdict_name(enum verdict_kind kind)
{
	static const char *const names[] = {
		[VERDICT_UNKNOWN] = "unknown",
		[VERDICT_AGREES] = "agrees",
		[VERDICT_SKEWED] = "skewed",
		[VERDICT_PARTIAL] = "partial",
		[VERDICT_MISSING] = "missing",
		[VERDICT_OTHER] = "not comparable",
		[VERDICT_UNEXPLAINED] = "unexplained",
		[VERDICT_STALE] = "stale",
		[VERDICT_WRONG] = "wrong",
	};

	return names[kind];
}
