/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All events of a side's domain on its host, also of other processes, before the side and after it.
 */
#include "core/side/domain.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Two at one instant are told apart by their place in the recording. */
static bool is_before(const struct mt_event *x, const struct mt_event *y)
{
	return x->ktime_ns != y->ktime_ns ? x->ktime_ns < y->ktime_ns : x < y;
}

int domain_compare(const void *a, const void *b)
{
	const struct mt_event *x = *(const struct mt_event *const *)a;
	const struct mt_event *y = *(const struct mt_event *const *)b;
	int by_uuid = memcmp(x->uuid, y->uuid, MT_UUID);

	if (by_uuid)
		return by_uuid;
	return is_before(x, y) ? -1 : is_before(y, x);
}

const struct mt_event **domains_sort(const struct recording *recording)
{
	const struct mt_event **sorted = calloc(recording->event_count, sizeof(*sorted));

	if (!sorted)
		return NULL;
	for (size_t i = 0; i < recording->event_count; i++)
		sorted[i] = &recording->events[i];
	qsort(sorted, recording->event_count, sizeof(*sorted), domain_compare);
	return sorted;
}

/* Returns how many of them are of a domain before that one or, if wanted, also of that one. */
static size_t count_until(const struct mt_event *const *sorted, size_t count,
			  const uint8_t uuid[MT_UUID], bool with_it)
{
	size_t lo = 0, hi = count;

	while (lo < hi) {
		size_t middle = lo + (hi - lo) / 2;

		assert(middle < hi);
		if (memcmp(sorted[middle]->uuid, uuid, MT_UUID) < with_it)
			lo = middle + 1;
		else
			hi = middle;
	}
	return lo;
}

struct domain domain_of(const struct mt_event *const *sorted, size_t count,
			const uint8_t uuid[MT_UUID])
{
	size_t first = count_until(sorted, count, uuid, false);

	assert(first <= count);
	return (struct domain){&sorted[first], count_until(sorted, count, uuid, true) - first};
}

/* Returns how many of the domain's events are before that one or, if wanted, that one. */
static size_t count_before(const struct domain *domain, const struct mt_event *event, bool with_it)
{
	size_t lo = 0, hi = domain->count;

	while (lo < hi) {
		size_t middle = lo + (hi - lo) / 2;

		assert(middle < hi);
		if (is_before(domain->events[middle], event) ||
		    (with_it && domain->events[middle] == event))
			lo = middle + 1;
		else
			hi = middle;
	}
	assert(lo <= domain->count);
	return lo;
}

const struct mt_event *domain_from(const struct side *side, const struct mt_event *first)
{
	size_t i = count_before(&side->domain, first, false);

	return i < side->domain.count ? side->domain.events[i] : NULL;
}

const struct mt_event *domain_next(const struct side *side, const struct mt_event *after)
{
	size_t i = count_before(&side->domain, after, true);

	return i < side->domain.count ? side->domain.events[i] : NULL;
}

const struct mt_event *domain_previous(const struct side *side, const struct mt_event *before)
{
	size_t i = before ? count_before(&side->domain, before, false) : side->domain.count;

	return i ? side->domain.events[i - 1] : NULL;
}
