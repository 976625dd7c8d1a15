/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The exit status that a migration gives, and the line on stderr that says why. */
#include "cmd/status.h"

#include <stdio.h>

#include "report/duration.h"
#include "report/words.h"

static enum status worse(enum status a, enum status b)
{
	return a > b ? a : b;
}

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
		snprintf(why, size, "which domain it is: two answers");
		break;
	case LACK_EVENTS:
		snprintf(why, size, "%s", account->figures.hole);
		break;
	case LACK_END:
		snprintf(why, size, "%s",
			 seen->side->gone.known ? "its libvirt ended before it did"
						: "its end was not recorded");
		break;
	default:
		why[0] = '\0';
	}
}

/* One of two that are the same says so; of the other nothing more is known. */
static void copy_tell(const struct account *account)
{
	const struct side *copy = account->migration->duplicate_of;
	const struct side *side = account_seen(account)->side;

	if (copy && account->lack != LACK_CLOCKS)
		fprintf(stderr, "migtrace: %s: %s and %s have the same side of it, the %s\n",
			account->uuid, copy->recording->name, side->recording->name,
			role_name(side->role));
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

	copy_tell(account);
	lack_print(account, why, sizeof(why));
	if (why[0])
		fprintf(stderr, "migtrace: %s: %s\n", account->uuid, why);
	return statuses[account->lack];
}

/* What the condition's figure is, as far as it decides, or why that is not known. */
static void condition_why(const struct condition *condition, const struct figures *figures,
			  bool holds, char *why, size_t size)
{
	const struct quantity *quantity = figure_get(figures, condition->figure);
	int64_t least_ns = condition_least_ns(condition, figures);
	char range[DURATION_TEXT];

	if (!quantity->known && !holds) {
		snprintf(why, size, "%s", quantity->why_unknown);
		return;
	}
	if (quantity->known)
		duration_format_range(quantity->lo_ns, quantity->hi_ns, range, sizeof(range));
	else
		duration_format_range(least_ns, least_ns, range, sizeof(range));
	snprintf(why, size, "%s is %s%s", figure_name(condition->figure),
		 quantity->known ? "" : "at least ", range);
}

static enum status conditions_status(const struct live_settings *settings,
				     const struct figures *figures)
{
	enum status status = STATUS_OK;

	for (size_t i = 0; i < settings->fail_if_count; i++) {
		const struct condition *condition = &settings->fail_if[i];
		enum condition_result is = condition_judge(condition, figures);
		bool holds = is == CONDITION_HOLDS;
		char why[128];

		if (is == CONDITION_FAILS)
			continue;
		condition_why(condition, figures, holds, why, sizeof(why));
		fprintf(stderr, "migtrace: %s%s: %s\n", settings->fail_if_text[i],
			holds ? " holds" : ": undecided", why);
		status = worse(status, holds ? STATUS_CONDITION : STATUS_INCOMPLETE);
	}
	return status;
}

static enum status outcome_status(enum outcome outcome)
{
	switch (outcome) {
	case OUTCOME_FAILED:
	case OUTCOME_CANCELLED:
		return STATUS_FAILURE;
	case OUTCOME_UNKNOWN:
	case OUTCOME_UNFINISHED:
		return STATUS_INCOMPLETE;
	default:
		return STATUS_OK;
	}
}

enum status wait_status(const struct live_settings *settings, const struct account *account)
{
	enum status status = outcome_status(account->outcome);

	if (account->figures.hole)
		status = worse(status, STATUS_INCOMPLETE);
	if (settings->peer_count && !account_has_both(account)) {
		fprintf(stderr, "migtrace: the side of the other host was not seen\n");
		status = worse(status, STATUS_INCOMPLETE);
	}
	if (account->lack == LACK_CLOCKS) {
		fprintf(stderr, "migtrace: the two hosts' clocks contradict each other\n");
		status = worse(status, STATUS_INCONSISTENT);
	}
	return worse(status, conditions_status(settings, &account->figures));
}
