/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The exit status that a migration gives, and the line on stderr that says why. */
#include "cmd/status.h"

#include <stdio.h>

#include "base/diag.h"
#include "report/words.h"

/* Why its report is not whole; the line is printed behind its UUID. */
static void lack_print(const struct account *account, char *why, size_t size)
{
	const struct account_side *seen = account_seen(account);

	switch (account->lack) {
	case LACK_CLOCKS:
		snprintf(why, size, "clocks contradict each other");
		break;
	case LACK_SIDE:
		snprintf(why, size, "no recording of its %s",
			 role_name(account->migration->source ? ROLE_DESTINATION : ROLE_SOURCE));
		break;
	case LACK_DOMAIN:
		snprintf(why, size, "conflicting domain UUIDs");
		break;
	case LACK_EVENTS:
		snprintf(why, size, "%s", account->figures.hole);
		break;
	case LACK_END:
		snprintf(why, size, "%s", ending_why_open(&seen->side->ending));
		break;
	default:
		why[0] = '\0';
	}
}

/* One of two that are the same says so; of the other nothing more is known. */
static void copy_warn(const struct account *account)
{
	const struct side *copy = account->migration->duplicate_of;
	const struct side *side = account_seen(account)->side;

	if (copy && account->lack != LACK_CLOCKS)
		diag("%s: %s and %s both recorded its %s", account->uuid, copy->recording->name,
		     side->recording->name, role_name(side->role));
}

enum status report_status(const struct account *account)
{
	static const enum status statuses[] = {
		[LACK_NONE] = STATUS_OK,
		[LACK_CLOCKS] = STATUS_INCONSISTENT,
		[LACK_ONE_COPY] = STATUS_INCOMPLETE,
		[LACK_SIDE] = STATUS_INCOMPLETE,
		[LACK_DOMAIN] = STATUS_FAILURE,
		[LACK_EVENTS] = STATUS_INCOMPLETE,
		[LACK_END] = STATUS_INCOMPLETE,
	};
	char why[256];

	copy_warn(account);
	lack_print(account, why, sizeof(why));
	if (why[0])
		diag("%s: %s", account->uuid, why);
	return statuses[account->lack];
}
