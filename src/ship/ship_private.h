/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of this folder share. */
#ifndef MIGTRACE_SHIP_SHIP_PRIVATE_H
#define MIGTRACE_SHIP_SHIP_PRIVATE_H

#include <stdint.h>

#include "fleet/numbers.h"
#include "ship/ship.h"
#include "store/store.h"

struct ship {
	const struct ship_settings *settings;
	struct store *store;
	struct numbers *numbers;
	struct sink *sink;
	struct key key;
	char host[HOST_NAME];
	int64_t up_to;		       /* the collector has all up to this one */
	int64_t taken;		       /* a broker has taken over all up to this one, */
	int64_t taken_ns;	       /* some of them alone, since that time of CLOCK_MONOTONIC */
	size_t pending;		       /* as many are a broker's alone */
	int64_t too_large[RANGES_MAX]; /* of those that no way takes the first ones, */
	size_t too_large_count;	       /* which were said to be */
	unsigned int failures;	       /* one after the other */
	unsigned int idle; /* as often nothing could be sent, and the collector has not all */
};

/*
 * Numbers what is new, asks what the collector has, and offers what it has not. Returns 0, where it
 * need not have all yet; or -errno, and why is a text of the sink's.
 */
int offer_all(struct ship *ship, const char **why);

#endif
