/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which halves of a store are one migration, by their domain and their time. */
#include "cmd/halves.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/diag.h"

/* Between the wall clocks of two hosts. What belongs together is known by what it says. */
#define CLOCKS_APART_NS INT64_C(300000000000)

/* Halves as they come: which of them belong to the last one is known in the end. */
struct seen {
	char id[HALF_ID], uuid[UUID_TEXT];
	int64_t begin_ns, end_ns;
};

struct search {
	const char *domain; /* NULL: any */
	struct halves *halves;
	struct seen *seen;
	size_t count, room;
	bool is_found, is_short; /* of memory */
};

static bool seen_note(struct search *search, const struct half *half)
{
	struct seen *seen;

	if (search->count == search->room) {
		size_t room = search->room ? 2 * search->room : 256;

		seen = reallocarray(search->seen, room, sizeof(*seen));
		search->is_short = !seen;
		if (!seen)
			return false;
		search->seen = seen;
		search->room = room;
	}
	seen = &search->seen[search->count++];
	strcpy(seen->id, half->id); /* both are of a length that was checked */
	strcpy(seen->uuid, half->uuid);
	seen->begin_ns = half->begin_ns;
	seen->end_ns = half->end_ns;
	return true;
}

static bool half_note(void *arg, const struct half *half)
{
	struct search *search = arg;
	struct halves *halves = search->halves;

	if (search->domain && half_is_of(half, search->domain)) {
		strcpy(halves->uuid, half->uuid);
		halves->begin_ns = half->begin_ns;
		halves->end_ns = half->end_ns;
		search->is_found = true;
	}
	return seen_note(search, half);
}

/* Of more than there is room for the last ones. */
static void around_take(struct halves *halves, const struct seen *seen, int64_t apart_ns)
{
	if (strcasecmp(seen->uuid, halves->uuid) != 0 ||
	    seen->end_ns < halves->begin_ns - apart_ns ||
	    seen->begin_ns > halves->end_ns + apart_ns)
		return;
	if (halves->count == HALVES_MAX)
		memmove(halves->id[0], halves->id[1], sizeof(halves->id[0]) * --halves->count);
	strcpy(halves->id[halves->count++], seen->id);
}

/* The index is read once. */
static int search_run(const struct store *store, struct search *search, int64_t apart_ns)
{
	int err = store_each(store, half_note, search);

	if (search->is_short) {
		err = -ENOMEM;
		diag("%s", strerror(ENOMEM));
	}
	if (!err && !search->domain && !search->is_found && search->count) {
		const struct seen *last = &search->seen[search->count - 1];

		strcpy(search->halves->uuid, last->uuid);
		search->halves->begin_ns = last->begin_ns;
		search->halves->end_ns = last->end_ns;
		search->is_found = true;
	}
	for (size_t i = 0; !err && search->is_found && i < search->count; i++)
		around_take(search->halves, &search->seen[i], apart_ns);
	free(search->seen);
	return err;
}

int halves_around(const struct store *store, struct halves *halves)
{
	struct search search = {.halves = halves, .is_found = true};

	halves->count = 0;
	return search_run(store, &search, CLOCKS_APART_NS);
}

int halves_last(const struct store *store, const char *domain, struct halves *halves)
{
	struct search search = {.halves = halves, .domain = domain};

	halves->count = 0;
	return search_run(store, &search, 0);
}
