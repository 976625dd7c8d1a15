/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is usual: of several migrations each time from the shortest to the longest. */
#include "core/account/usual.h"

#include <assert.h>

#include "core/figures/series.h"

static const char several[] = "from the least to the most in any of them, and their median";

/* All that is known of one time. */
struct times {
	int64_t est_ns[USUAL_MAX], lo_ns, hi_ns;
	size_t count;
	const char *why_unknown; /* NULL: it is known */
};

static void time_add(struct times *times, const struct quantity *quantity)
{
	if (!quantity->known) {
		times->why_unknown = times->why_unknown ?: quantity->why_unknown;
		return;
	}
	if (!times->count || quantity->lo_ns < times->lo_ns)
		times->lo_ns = quantity->lo_ns;
	if (!times->count || quantity->hi_ns > times->hi_ns)
		times->hi_ns = quantity->hi_ns;
	assert(times->count < USUAL_MAX);
	times->est_ns[times->count++] = quantity->est_ns;
}

static struct quantity times_quantity(struct times *times)
{
	if (times->why_unknown || !times->count)
		return quantity_unknown(times->why_unknown);
	return (struct quantity){true,	       series_quantile(times->est_ns, times->count, 0.5),
				 times->lo_ns, times->hi_ns,
				 several,      NULL};
}

static struct quantity figure_usual(const struct measured *const *measured, size_t count,
				    size_t figure)
{
	struct times times = {.count = 0};

	for (size_t i = 0; i < count; i++)
		time_add(&times, &measured[i]->figure[figure]);
	return times_quantity(&times);
}

static struct quantity part_usual(const struct measured *const *measured, size_t count,
				  const struct part *part)
{
	struct times times = {.count = 0};

	for (size_t i = 0; i < count; i++) {
		struct quantity duration = measured_part(measured[i], part);

		time_add(&times, &duration);
	}
	return times_quantity(&times);
}

static void parts_take(const struct measured *const *measured, size_t count, size_t at,
		       struct measured *usual)
{
	for (size_t i = 0; i < measured[at]->part_count; i++) {
		const struct part *part = &measured[at]->part[i];
		struct part added = *part;

		if (usual->part_count == PARTS_MAX || measured_has(usual, part))
			continue;
		added.duration = part_usual(measured, count, part);
		assert(usual->part_count < PARTS_MAX);
		usual->part[usual->part_count++] = added;
	}
}

void measured_usual(const struct measured *const *measured, size_t count, struct measured *usual)
{
	assert(count);
	count = count < USUAL_MAX ? count : USUAL_MAX;
	*usual = *measured[0];
	usual->name[0] = '\0';
	usual->part_count = 0;
	for (size_t i = 0; i < FIGURES; i++)
		usual->figure[i] = figure_usual(measured, count, i);
	for (size_t place = 0; place <= PLACE_DESTINATION; place++)
		for (size_t i = 0; i < count; i++)
			usual->has_place[place] &= measured[i]->has_place[place];
	for (size_t i = 0; i < count; i++)
		parts_take(measured, count, i, usual);
}
