/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The line of the store's index for a side of a migration. */
#include "keep/row.h"

#include <stdio.h>

#include "base/text.h"
#include "core/figures/condition.h"
#include "report/words.h"

static const char *text_set(char *to, size_t size, const char *text)
{
	snprintf(to, size, "%s", text && text[0] ? text : "-");
	text_shown(to, to);
	return to;
}

/* Of one side alone there is the least that a figure can be. */
static int64_t least_ns(const struct account *account, enum figure figure)
{
	const struct condition condition = {.figure = figure};
	int64_t least = condition_least_ns(&condition, &account->figures), seen = 0;

	if (figure == FIGURE_ELAPSED && account->elapsed_seen.known)
		seen = account->elapsed_seen.lo_ns;
	if (figure == FIGURE_DOWNTIME && account->downtime_seen.known)
		seen = account->downtime_seen.lo_ns;
	return seen > least ? seen : least;
}

static struct half_bounds bounds_of(const struct account *account, enum figure figure)
{
	const struct quantity *quantity = figure_whole(&account->figures, figure);
	int64_t least = quantity->known ? 0 : least_ns(account, figure);

	if (quantity->known)
		return (struct half_bounds){quantity->lo_ns < 0 ? 0 : quantity->lo_ns,
					    quantity->hi_ns < 0 ? 0 : quantity->hi_ns};
	return (struct half_bounds){least > 0 ? least : -1, -1};
}

void half_row_make(struct half_row *row, const struct account *account, enum role role)
{
	enum role other = role == ROLE_SOURCE ? ROLE_DESTINATION : ROLE_SOURCE;
	const struct side *side = account->side[role].side;
	int64_t end_ns = (int64_t)side->events[side->count - 1]->ktime_ns;
	char peer[HOST_NAME];
	const char *finding = account->found_count ? account->found[0].finding->code : NULL;

	side_peer(side, peer, sizeof(peer));
	if (account->side[other].side)
		snprintf(peer, sizeof(peer), "%s", account->side[other].host);
	row->half = (struct half){
		.id = "",
		.uuid = text_set(row->uuid_text, sizeof(row->uuid_text), account->uuid),
		.role = role_name(role),
		.outcome = outcome_name(account->outcome),
		.finding = finding ?: "-",
		.host = text_set(row->host, sizeof(row->host), account->side[role].host),
		.peer = text_set(row->peer, sizeof(row->peer), peer),
		.name = text_set(row->name, sizeof(row->name), account->name),
		.begin_ns = side_real_ns(side, (int64_t)side->events[0]->ktime_ns),
		.end_ns = side_real_ns(side, end_ns),
	};
	for (size_t i = 0; i < FIGURES; i++)
		row->half.figure[i] = bounds_of(account, (enum figure)i);
}
