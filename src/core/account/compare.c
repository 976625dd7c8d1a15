/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What differs between two migrations: only what their bounds prove. */
#include "core/account/compare.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char sum[] = "the parts of that name together";
static const char difference[] = "the difference of the two";
static const char not_alike[] = "one host's part of it is no figure";
static const char not_split[] = "it is not known where the time went";

static bool is_same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool is_same_part(const struct part *a, const struct part *b)
{
	return a->place == b->place && !strcmp(a->name, b->name) &&
	       is_same_text(a->detail, b->detail);
}

/* Returns where the part is among them, or their number. */
static size_t part_find(const struct measured *measured, const struct part *part)
{
	size_t at = 0;

	while (at < measured->part_count && !is_same_part(&measured->part[at], part))
		at++;
	assert(at <= measured->part_count && measured->part_count <= PARTS_MAX);
	return at;
}

static struct quantity quantity_sum(const struct quantity *a, const struct quantity *b)
{
	if (!a->known || !b->known)
		return *(a->known ? b : a);
	return (struct quantity){
		true, a->est_ns + b->est_ns, a->lo_ns + b->lo_ns, a->hi_ns + b->hi_ns, sum, NULL};
}

static void part_take(struct measured *measured, const struct part *part)
{
	size_t at = part_find(measured, part);
	struct quantity *duration = &measured->part[at].duration;

	measured->has_place[part->place] = true;
	if (at == measured->part_count) {
		assert(at < PARTS_MAX);
		measured->part[measured->part_count++] = *part;
	} else {
		*duration = quantity_sum(duration, &part->duration);
	}
}

void measured_take(const struct account *account, struct measured *measured)
{
	const struct breakdown *breakdown = &account->figures.breakdown;

	assert(breakdown->count <= PARTS_MAX);
	*measured = (struct measured){.real_ns = account->real_ns};
	snprintf(measured->name, sizeof(measured->name), "%s", account->name);
	snprintf(measured->from, sizeof(measured->from), "%s", account->side[ROLE_SOURCE].host);
	snprintf(measured->to, sizeof(measured->to), "%s", account->side[ROLE_DESTINATION].host);
	for (size_t i = 0; i < FIGURES; i++)
		measured->figure[i] = *figure_whole(&account->figures, (enum figure)i);
	measured->is_alone = !account_has_both(account);
	if (measured->is_alone) {
		const struct side *side = account_seen(account)->side;

		measured->role = side->role;
		side_peer(side, side->role == ROLE_SOURCE ? measured->to : measured->from,
			  HOST_NAME);
		measured->figure[FIGURE_ELAPSED] = account->elapsed_seen;
		measured->figure[FIGURE_DOWNTIME] = account->downtime_seen;
	}
	for (size_t i = 0; i < breakdown->count; i++)
		if (breakdown->part[i].is_downtime)
			part_take(measured, &breakdown->part[i]);
}

/* How much longer the second one is, and whether that is sure. */
static void change_find(struct comparison *comparison)
{
	const struct quantity *a = &comparison->first, *b = &comparison->second;

	if (!a->known || !b->known) {
		comparison->by = quantity_unknown(a->known ? b->why_unknown : a->why_unknown);
		return;
	}
	comparison->by = (struct quantity){
		true, b->est_ns - a->est_ns, b->lo_ns - a->hi_ns, b->hi_ns - a->lo_ns, difference,
		NULL};
	comparison->change = CHANGE_NONE;
	if (comparison->by.lo_ns > 0)
		comparison->change = CHANGE_MORE;
	if (comparison->by.hi_ns < 0)
		comparison->change = CHANGE_LESS;
}

bool measured_has(const struct measured *measured, const struct part *part)
{
	return part_find(measured, part) < measured->part_count;
}

struct quantity measured_part(const struct measured *measured, const struct part *part)
{
	size_t at = part_find(measured, part);

	if (at < measured->part_count)
		return measured->part[at].duration;
	return measured->has_place[part->place] ? quantity_exact(0, sum)
						: quantity_unknown(not_split);
}

static bool is_sure(const struct comparison *comparison)
{
	return comparison->change == CHANGE_MORE || comparison->change == CHANGE_LESS;
}

/* The least that it changed by, ns. */
static int64_t least_ns(const struct comparison *comparison)
{
	return comparison->change == CHANGE_LESS ? -comparison->by.hi_ns : comparison->by.lo_ns;
}

static int by_change(const void *a, const void *b)
{
	const struct comparison *x = a, *y = b;

	if (is_sure(x) != is_sure(y))
		return is_sure(x) ? -1 : 1;
	if (!is_sure(x) || least_ns(x) == least_ns(y))
		return 0;
	assert(least_ns(x) > 0 && least_ns(y) > 0);
	return least_ns(x) > least_ns(y) ? -1 : 1;
}

static struct comparison part_compare(const struct measured *first, const struct measured *second,
				      const struct part *part)
{
	struct comparison comparison = {
		.part = part,
		.first = measured_part(first, part),
		.second = measured_part(second, part),
	};

	change_find(&comparison);
	return comparison;
}

/* One host's part is no figure of two, nor of the other host. */
static bool are_alike(const struct measured *first, const struct measured *second)
{
	return first->is_alone == second->is_alone &&
	       (!first->is_alone || first->role == second->role);
}

static struct comparison figure_compare(const struct measured *first, const struct measured *second,
					size_t figure)
{
	struct comparison comparison = {
		.figure = figure_name(figure),
		.is_alone = first->is_alone && second->is_alone &&
			    (figure == FIGURE_ELAPSED || figure == FIGURE_DOWNTIME),
		.first = first->figure[figure],
		.second = second->figure[figure],
	};

	assert(comparison.figure);
	if (!are_alike(first, second) && first->is_alone)
		comparison.first = quantity_unknown(not_alike);
	if (!are_alike(first, second) && second->is_alone)
		comparison.second = quantity_unknown(not_alike);
	change_find(&comparison);
	return comparison;
}

size_t measured_compare(const struct measured *first, const struct measured *second,
			struct comparison comparisons[COMPARISONS_MAX])
{
	size_t count = FIGURES;

	for (size_t i = 0; i < FIGURES; i++)
		comparisons[i] = figure_compare(first, second, i);
	for (size_t i = 0; i < first->part_count; i++)
		comparisons[count++] = part_compare(first, second, &first->part[i]);
	for (size_t i = 0; i < second->part_count; i++)
		if (!measured_has(first, &second->part[i]))
			comparisons[count++] = part_compare(first, second, &second->part[i]);
	assert(count >= FIGURES && count <= COMPARISONS_MAX);
	qsort(comparisons + FIGURES, count - FIGURES, sizeof(*comparisons), by_change);
	return count;
}
