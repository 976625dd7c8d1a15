/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A timeline while it is drawn: its spans, each where it is on the axis. */
#include "core/picture/drawing.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct timeline_span *drawing_span(struct drawing *drawing)
{
	struct timeline *timeline = drawing->timeline;

	if (drawing->err)
		return NULL;
	if (timeline->count == TIMELINE_SPANS_MAX) {
		timeline->left_out++;
		return NULL;
	}
	if (timeline->count == timeline->room) {
		size_t room = timeline->room ? timeline->room * 2 : 128;
		struct timeline_span *more = realloc(timeline->span, room * sizeof(*more));

		if (!more) {
			drawing->err = -ENOMEM;
			return NULL;
		}
		timeline->span = more;
		timeline->room = room;
	}
	assert(timeline->count < timeline->room && timeline->count < TIMELINE_SPANS_MAX);
	timeline->span[timeline->count] = (struct timeline_span){.host = TIMELINE_BOTH};
	return &timeline->span[timeline->count++];
}

/* Returns how much of the text is left when a character that is cut at its end is taken off. */
static size_t whole_characters(const char *text, size_t len)
{
	size_t first = len;

	while (first && ((unsigned char)text[first - 1] & 0xc0) == 0x80)
		first--;
	if (!first || (unsigned char)text[first - 1] < 0xc0)
		return first ? len : 0;
	/* As many bytes as its first one has leading ones. */
	return len - first + 1 < (size_t)__builtin_clz(
					 ~((unsigned int)(unsigned char)text[first - 1] << 24))
		       ? first - 1
		       : len;
}

void span_set_name(struct timeline_span *span, const char *ours, const char *theirs, size_t len)
{
	size_t at = strlen(ours), room;

	assert(at < TIMELINE_NAME - 1);
	memcpy(span->name, ours, at);
	if (at && len && theirs[0])
		span->name[at++] = ' ';
	room = TIMELINE_NAME - 1 - at;
	len = strnlen(theirs, len < room ? len : room);
	assert(at + len < TIMELINE_NAME && whole_characters(theirs, len) <= len);
	memcpy(span->name + at, theirs, len);
	span->name[at + whole_characters(theirs, len)] = '\0';
}

struct timeline_span *drawing_own_span(struct drawing *drawing, enum role role,
				       enum timeline_track track, int64_t from_ns, int64_t to_ns)
{
	struct timeline_span *span = drawing_span(drawing);
	struct axis_at at = axis_of(&drawing->axis, role, from_ns);

	if (!span)
		return NULL;
	span->host = (enum timeline_host)role;
	span->track = track;
	span->at_ns = at.ns;
	span->ns = to_ns > from_ns ? to_ns - from_ns : 0;
	assert(span->ns >= 0);
	span->at_error_ns = at.error_ns;
	span->end_error_ns = axis_of(&drawing->axis, role, from_ns + span->ns).error_ns;
	span->clock_ns = from_ns;
	return span;
}

void drawing_instant(struct drawing *drawing, enum role role, enum timeline_track track,
		     const struct mt_event *event, const char *name, const char *detail)
{
	struct timeline_span *span = drawing_own_span(
		drawing, role, track, (int64_t)event->ktime_ns, (int64_t)event->ktime_ns);

	if (!span)
		return;
	span->is_instant = true;
	span_set_name(span, name, detail, strlen(detail));
}
