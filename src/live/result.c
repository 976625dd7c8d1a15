/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A migration that has ended, as part of a row. */
#include "live/result.h"

#include "core/figures/condition.h"
#include "live/row.h"
#include "report/words.h"

/* What one host knows of it for sure: its parts of the figures. */
static void row_add_side(char *row, const struct account *account)
{
	const struct side *side = account_seen(account)->side;
	bool is_source = side->role == ROLE_SOURCE;
	struct quantity part =
		figures_part(&account->figures, is_source ? PLACE_SOURCE : PLACE_DESTINATION);

	if (part.known)
		row_add_duration(row, "downtime here ", &part);
	else
		row_add(row, "downtime unknown");
	if (is_source && side->start.known && side->sent.known && !account->figures.hole) {
		struct quantity elapsed = quantity_exact(side->sent.ns - side->start.ns, "");

		row_add_duration(row, ", elapsed here ", &elapsed);
	}
}

static void row_add_left(char *row, enum place_left left)
{
	static const char *const texts[] = {
		[LEFT_ON_SOURCE] = ", runs on the source",
		[LEFT_ON_BOTH] = ", RUNS ON BOTH HOSTS",
		[LEFT_NOWHERE] = ", RUNS ON NEITHER HOST",
		[LEFT_PAUSED] = ", left paused",
	};

	if ((size_t)left < sizeof(texts) / sizeof(texts[0]) && texts[left])
		row_add(row, "%s", texts[left]);
}

static void row_add_gone(char *row, const struct side *side)
{
	if (side->gone.known)
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
			row_add_duration(row, ", stood still ", &figures->downtime);
	} else if (!account_has_both(account)) {
		row_add_side(row, account);
	} else {
		row_add_duration(row, "downtime ", &figures->downtime);
		row_add_duration(row, ", elapsed ", &figures->elapsed);
		if (account->left != LEFT_ON_SOURCE)
			row_add_left(row, account->left);
	}
}

struct quantity downtime_seen(const struct account *account)
{
	bool is_source = account_seen(account)->side->role == ROLE_SOURCE;

	if (account_has_both(account) || account->outcome != OUTCOME_COMPLETED)
		return account->figures.downtime;
	return figures_part(&account->figures, is_source ? PLACE_SOURCE : PLACE_DESTINATION);
}
