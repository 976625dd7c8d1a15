/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lines of one recorder in a spool, and those of them that each half begins with. */
#include "keep/segment.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_MAX 8192

int first_set(struct first *first, const char *line, size_t len)
{
	char *text = realloc(first->text, len + 1);

	if (!text)
		return -ENOMEM;
	memcpy(text, line, len);
	text[len] = '\n';
	first->text = text;
	first->len = len + 1;
	if (sscanf(line, "{\"kind\":\"daemon\",\"pid\":%u", &first->pid) != 1)
		first->pid = 0;
	return 0;
}

static void first_drop(struct segment *segment, size_t at)
{
	free(segment->first[at].text);
	memmove(&segment->first[at], &segment->first[at + 1],
		(--segment->count - at) * sizeof(*segment->first));
}

int segment_add(struct segment *segment, const char *line, size_t len)
{
	if (segment->count == FIRST_MAX)
		first_drop(segment, 1); /* not the header */
	if (segment->count == segment->room) {
		size_t room = segment->room ? 2 * segment->room : 16;
		struct first *first = reallocarray(segment->first, room, sizeof(*first));

		if (!first)
			return -ENOMEM;
		segment->first = first;
		segment->room = room;
	}
	segment->first[segment->count] = (struct first){0};
	return first_set(&segment->first[segment->count], line, len) ?: (segment->count++, 0);
}

void segment_mark(struct segment *segment, uint32_t pid)
{
	for (size_t i = 0; pid && i < segment->count; i++)
		segment->first[i].has_gone |= segment->first[i].pid == pid;
}

void segment_forget(struct segment *segment)
{
	for (size_t i = segment->count; i-- > 0;)
		if (segment->first[i].has_gone)
			first_drop(segment, i);
}

void segment_free(struct segment *segment)
{
	while (segment->count)
		first_drop(segment, segment->count - 1);
	free(segment->first);
}
