/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a collector counts: for its metrics. */
#ifndef MIGTRACE_COLLECT_COUNTS_H
#define MIGTRACE_COLLECT_COUNTS_H

#include <stdint.h>

#include "fleet/message.h"

struct counts {
	uint64_t messages[MESSAGE_KINDS];
	uint64_t dropped[MESSAGE_FAULTS];
	uint64_t conflicts; /* a number that has another half already */
	uint64_t repeated;  /* halves that were there */
	uint64_t refused;   /* halves that are no recordings, or another host's */
};

#endif
