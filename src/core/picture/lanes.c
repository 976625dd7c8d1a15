/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Spans that overlap, in lanes in which they do not. */
#include "core/picture/lanes.h"

#include <assert.h>
#include <stdlib.h>

/* The spans of one lane that are not over yet, each within the one before. */
struct lane {
	int64_t end_ns[TIMELINE_DEPTH];
	unsigned int depth;
};
static_assert(TIMELINE_SPANS_MAX <= UINT32_MAX, "an index is kept in depth");

static int track_compare(const struct timeline_span *x, const struct timeline_span *y)
{
	if (x->host != y->host)
		return x->host < y->host ? -1 : 1;
	if (x->track != y->track)
		return x->track < y->track ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

/* By time; of what begins at once the longest first, and then as they were found. */
static int order_compare(const void *a, const void *b)
{
	const struct timeline_span *x = a, *y = b;
	int by_track = track_compare(x, y);

	if (by_track)
		return by_track;
	if (x->at_ns != y->at_ns)
		return x->at_ns < y->at_ns ? -1 : 1;
	if (x->ns != y->ns)
		return x->ns > y->ns ? -1 : 1;
	return (x->depth > y->depth) - (x->depth < y->depth);
}

static bool lane_takes(struct lane *lane, struct timeline_span *span)
{
	int64_t end_ns = span->at_ns + span->ns;

	while (lane->depth && lane->end_ns[lane->depth - 1] <= span->at_ns)
		lane->depth--;
	if (lane->depth == TIMELINE_DEPTH ||
	    (lane->depth && lane->end_ns[lane->depth - 1] < end_ns))
		return false;
	span->depth = lane->depth;
	assert(lane->depth < TIMELINE_DEPTH);
	lane->end_ns[lane->depth++] = end_ns;
	return true;
}

static bool track_takes(struct lane lanes[TIMELINE_LANES], struct timeline_span *span)
{
	if (span->is_instant)
		return true;
	for (span->lane = 0; span->lane < TIMELINE_LANES; span->lane++)
		if (lane_takes(&lanes[span->lane], span))
			return true;
	return false;
}

size_t timeline_track_end(const struct timeline *timeline, size_t first)
{
	size_t end = first;

	while (end < timeline->count &&
	       !track_compare(&timeline->span[end], &timeline->span[first]))
		end++;
	assert(end >= first && end <= timeline->count);
	return end;
}

/* qsort() alone would put equals in any order. */
static void spans_sort(struct timeline *timeline)
{
	for (size_t i = 0; i < timeline->count; i++)
		timeline->span[i].depth = (unsigned int)i;
	qsort(timeline->span, timeline->count, sizeof(*timeline->span), order_compare);
	for (size_t i = 0; i < timeline->count; i++)
		timeline->span[i].depth = 0;
}

void lanes_set(struct timeline *timeline)
{
	size_t kept = 0;

	if (!timeline->count)
		return;
	spans_sort(timeline);
	for (size_t first = 0, end; first < timeline->count; first = end) {
		struct lane lanes[TIMELINE_LANES] = {0};

		end = timeline_track_end(timeline, first);
		assert(end > first);
		for (size_t i = first; i < end; i++) {
			struct timeline_span *span = &timeline->span[i];

			if (track_takes(lanes, span))
				continue;
			timeline->left_out++;
			span->host = TIMELINE_HOSTS; /* no one's: to be taken out */
		}
	}
	for (size_t i = 0; i < timeline->count; i++)
		if (timeline->span[i].host != TIMELINE_HOSTS)
			timeline->span[kept++] = timeline->span[i];
	assert(kept <= timeline->count);
	timeline->count = kept;
}
