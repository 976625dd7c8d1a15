/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of a store a shell may complete a command line with: ids, domains and hosts of its halves.
 */
#include "cmd/complete_kept.h"

#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sandbox/confine.h"
#include "store/store.h"

struct offering {
	enum kept kept;
	kept_fn *fn;
	void *arg;
	void *given; /* a tree of the texts that were */
};

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* "-" is what is not known. */
static void once(struct offering *offering, const char *text)
{
	char *copy;

	if (!strcmp(text, "-") || tfind(text, &offering->given, by_text))
		return;
	copy = strdup(text);
	if (!copy || !tsearch(copy, &offering->given, by_text)) {
		free(copy);
		return;
	}
	offering->fn(offering->arg, text, "");
}

static bool half_offer(void *arg, const struct half *half)
{
	struct offering *offering = arg;
	char what[256];

	switch (offering->kept) {
	case KEPT_IDS:
		snprintf(what, sizeof(what), "%s, %s", half->name, half->outcome);
		offering->fn(offering->arg, half->id, what);
		break;
	case KEPT_DOMAINS:
		once(offering, half->name);
		break;
	case KEPT_HOSTS:
		once(offering, half->host);
		once(offering, half->peer);
		break;
	}
	return true;
}

void kept_each(const char *path, enum kept kept, kept_fn *fn, void *arg)
{
	struct offering offering = {.kept = kept, .fn = fn, .arg = arg};
	struct store *store = access(path, R_OK | X_OK) ? NULL : store_open(path);

	if (!store)
		return;
	confine(CONFINE_READER);
	store_each(store, half_offer, &offering);
	tdestroy(offering.given, free);
	store_free(store);
}
