/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The messages of one migration that crossed between its hosts, as bounds on their clocks. */
#ifndef MIGTRACE_CORE_MESSAGE_MESSAGES_H
#define MIGTRACE_CORE_MESSAGE_MESSAGES_H

#include <stdbool.h>
#include <stddef.h>

#include "core/clock/clock.h"
#include "core/side/side.h"

#define MESSAGES_MAX 256

/* What was found; stamps are of the hosts' CLOCK_MONOTONIC_RAW (see raw.h). */
struct messages {
	struct clock_message message[MESSAGES_MAX];
	size_t count;
	bool is_contradictory; /* one host's own clocks contradict each other: none can be used */
};

/* Finds messages of the two sides of one migration, MESSAGES_MAX at most; *messages
 * is {0} before. */
void messages_find(const struct side *source, const struct side *destination,
		   struct messages *messages);

#endif
