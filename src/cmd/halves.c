/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which halves of a store are one migration, by their domain and their time. */
#include "cmd/halves.h"

#include <string.h>
#include <strings.h>

/* Between the wall clocks of two hosts. What belongs together is known by what it says. */
#define CLOCKS_APART_NS INT64_C(300000000000)

struct search {
	struct halves *halves;
	const char *domain;
	int64_t apart_ns;
};

static bool last_note(void *arg, const struct half *half)
{
	const struct search *search = arg;
	struct halves *halves = search->halves;

	if (search->domain && !half_is_of(half, search->domain))
		return true;
	strcpy(halves->uuid, half->uuid); /* which was checked: it has that length */
	halves->begin_ns = half->begin_ns;
	halves->end_ns = half->end_ns;
	halves->count = 1;
	return true;
}

/* Of more than there is room for the last ones. */
static bool around_note(void *arg, const struct half *half)
{
	const struct search *search = arg;
	struct halves *halves = search->halves;

	if (strcasecmp(half->uuid, halves->uuid) != 0 ||
	    half->end_ns < halves->begin_ns - search->apart_ns ||
	    half->begin_ns > halves->end_ns + search->apart_ns)
		return true;
	if (halves->count == HALVES_MAX)
		memmove(halves->id[0], halves->id[1], sizeof(halves->id[0]) * --halves->count);
	strcpy(halves->id[halves->count++], half->id); /* of a length that was checked */
	return true;
}

int halves_around(const struct store *store, struct halves *halves)
{
	struct search search = {.halves = halves, .apart_ns = CLOCKS_APART_NS};

	halves->count = 0;
	return store_each(store, around_note, &search);
}

int halves_last(const struct store *store, const char *domain, struct halves *halves)
{
	struct search search = {.halves = halves, .domain = domain};
	int err = store_each(store, last_note, &search);

	if (err || !halves->count)
		return err;
	halves->count = 0;
	return store_each(store, around_note, &search);
}
