/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The messages of one migration that crossed between its hosts, as bounds on their clocks. */
#ifndef MIGTRACE_CORE_MESSAGES_H
#define MIGTRACE_CORE_MESSAGES_H

#include <stddef.h>

#include "core/clock.h"
#include "core/half.h"

#define MESSAGES_MAX 64

/* Writes at most MESSAGES_MAX messages of the two halves of one migration; returns how many. */
size_t messages_find(const struct half *source, const struct half *destination,
		     struct clock_message *messages);

#endif
