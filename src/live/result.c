/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A migration that has ended, as part of a row. */
#include "live/result.h"

#include "live/row.h"
#include "report/words.h"

/* What one host knows of it for sure: its parts of the figures. */
static void row_add_side(char *row, const struct account *account)
{
	if (account->downtime_seen.known)
		row_add_duration(row, "downtime here ", &account->downtime_seen);
	else
		row_add(row, "downtime unknown");
	if (account->elapsed_seen.known)
		row_add_duration(row, ", elapsed here ", &account->elapsed_seen);
}

static void row_add_left(char *row, enum place_left left)
{
	static const char *const texts[] = {
		[LEFT_ON_SOURCE] = ", runs on the source",
		[LEFT_ON_BOTH] = ", RUNS ON BOTH HOSTS",
		[LEFT_NOWHERE] = ", RUNS ON NEITHER HOST",
		[LEFT_PAUSED] = ", left paused",
		[LEFT_PAUSED_ON_SOURCE] = ", STOPPED ON THE SOURCE",
		[LEFT_BROKEN] = ", LACKS MEMORY ON THE DESTINATION",
		[LEFT_ENDED] = ", guest ended",
	};

	if ((size_t)left < sizeof(texts) / sizeof(texts[0]) && texts[left])
		row_add(row, "%s", texts[left]);
}

static void row_add_gone(char *row, const struct side *side)
{
	if (side->ending.cause == ENDING_DAEMON_GONE)
		row_add(row, ", libvirt of the %s ended before", role_name(side->role));
}

void row_add_result(char *row, const struct account *account)
{
	const struct figures *figures = &account->figures;

	if (account->outcome != OUTCOME_COMPLETED) {
		row_add(row, "%s", outcome_name(account->outcome));
		row_add_gone(row, account_seen(account)->side);
		row_add_left(row, account->left);
		if (figures->downtime.known)
			row_add_duration(row, ", downtime ", &figures->downtime);
	} else if (!account_has_both(account)) {
		row_add_side(row, account);
	} else {
		row_add_duration(row, "downtime ", &figures->downtime);
		row_add_duration(row, ", elapsed ", &figures->elapsed);
		if (account->left != LEFT_ON_SOURCE)
			row_add_left(row, account->left);
	}
}
