/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events by keys that have to fit exactly: what two events have is nobody's. */
#include "core/recording/event_index.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST 64
static_assert(sizeof(struct event_key) == sizeof(((struct event_key *)0)->word), "no padding");

int event_index_add(struct event_index *index, const struct event_key *key,
		    const struct mt_event *event)
{
	size_t room = index->room ? index->room * 2 : ROOM_FIRST;
	struct event_entry *entries = index->entries;

	assert(index->count <= index->room);
	if (index->count == index->room) {
		entries = reallocarray(entries, room, sizeof(*entries));
		if (!entries)
			return -ENOMEM;
		index->entries = entries;
		index->room = room;
	}
	assert(index->count < index->room);
	entries[index->count++] = (struct event_entry){*key, event};
	return 0;
}

static int entry_compare(const void *a, const void *b)
{
	const struct event_entry *x = a, *y = b;

	return memcmp(&x->key, &y->key, sizeof(x->key));
}

void event_index_sort(struct event_index *index)
{
	if (index->count)
		qsort(index->entries, index->count, sizeof(*index->entries), entry_compare);
	assert(!index->count || index->entries);
}

const struct mt_event *event_index_only(const struct event_index *index,
					const struct event_key *key)
{
	const struct event_entry wanted = {*key, NULL}, *first = index->entries, *end, *found;

	if (!index->count)
		return NULL;
	end = first + index->count;
	found = bsearch(&wanted, first, index->count, sizeof(*first), entry_compare);
	if (!found || (found > first && !entry_compare(found - 1, &wanted)) ||
	    (found + 1 < end && !entry_compare(found + 1, &wanted)))
		return NULL;
	assert(!entry_compare(found, &wanted) && found->event);
	return found->event;
}

void event_index_free(struct event_index *index)
{
	free(index->entries);
	*index = (struct event_index){0};
}
