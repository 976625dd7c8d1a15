/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `wait` ends with after the migration that it has waited for. */
#include "live/waited.h"

#include <stdio.h>

#include "base/diag.h"
#include "core/figures/condition.h"
#include "report/duration.h"

/* What the condition's figure is, as far as it decides, or why that is not known. */
static void condition_why(const struct condition *condition, const struct figures *figures,
			  bool holds, char *why, size_t size)
{
	const struct quantity *quantity = figure_whole(figures, condition->figure);
	bool is_whole = quantity != figure_get(figures, condition->figure);
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
	snprintf(why, size, "%s%s is %s%s", figure_name(condition->figure),
		 is_whole ? " of the whole" : "", quantity->known ? "" : "at least ", range);
}

static enum status conditions_status(const struct live_settings *settings,
				     const struct figures *figures)
{
	enum status status = STATUS_OK;

	for (size_t i = 0; i < settings->fail_if.count; i++) {
		const struct condition *condition = &settings->fail_if.one[i];
		enum condition_result is = condition_judge(condition, figures);
		bool holds = is == CONDITION_HOLDS;
		char why[128];

		if (is == CONDITION_FAILS)
			continue;
		condition_why(condition, figures, holds, why, sizeof(why));
		diag("%s%s: %s", settings->fail_if.text[i], holds ? " holds" : ": undecided", why);
		status = status_worse(status, holds ? STATUS_CONDITION : STATUS_INCOMPLETE);
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

enum status waited_status(const struct live_settings *settings, const struct account *account)
{
	enum status status = outcome_status(account->outcome);

	if (account->figures.hole)
		status = status_worse(status, STATUS_INCOMPLETE);
	if (settings->peer_count && !account_has_both(account)) {
		diag("the other host's side was not seen");
		status = status_worse(status, STATUS_INCOMPLETE);
	}
	if (account->lack == LACK_CLOCKS) {
		diag("the two hosts' clocks contradict each other");
		status = status_worse(status, STATUS_INCONSISTENT);
	}
	return status_worse(status, conditions_status(settings, &account->figures));
}
