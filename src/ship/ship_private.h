/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of this folder share. */
#ifndef MIGTRACE_SHIP_SHIP_PRIVATE_H
#define MIGTRACE_SHIP_SHIP_PRIVATE_H

#include <stdint.h>

#include "ship/numbers.h"
#include "ship/ship.h"

struct ship {
	const struct ship_settings *settings;
	struct store *store;
	struct numbers *numbers;
	struct sink *sink;
	struct key key;
	char host[HOST_NAME];
	int64_t up_to;	       /* the collector has all up to this one */
	int64_t taken;	       /* a broker has taken over all up to this one, */
	int64_t taken_ns;      /* at that time of CLOCK_MONOTONIC */
	unsigned int failures; /* one after the other */
};

/*
 * Numbers what is new, asks what the collector has, and offers what it has not. Returns 0, where it
 * need not have all yet; or -errno, and why is a text of the sink's.
 */
int offer_all(struct ship *ship, const char **why);

#endif
