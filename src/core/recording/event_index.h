/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events by keys that have to fit exactly: what two events have is nobody's. */
#ifndef MIGTRACE_CORE_RECORDING_EVENT_INDEX_H
#define MIGTRACE_CORE_RECORDING_EVENT_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "migtrace_event.h"

struct event_key {
	uint64_t word[8];
};

struct event_entry {
	struct event_key key;
	const struct mt_event *event;
};

/* Zeroed, it is empty. */
struct event_index {
	struct event_entry *entries;
	size_t count, room;
};

/* Adds an event, which is borrowed. Returns 0 or -ENOMEM. */
int event_index_add(struct event_index *index, const struct event_key *key,
		    const struct mt_event *event);

/* To be called after the last event was added, and before any is looked for. */
void event_index_sort(struct event_index *index);

/* Returns the only event with that key, in O(log n) comparisons; NULL if there is none, or two. */
const struct mt_event *event_index_only(const struct event_index *index,
					const struct event_key *key);

/* Frees the entries; the index is empty again. */
void event_index_free(struct event_index *index);

#endif
