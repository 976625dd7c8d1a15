/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What both hosts did in one migration, in one order on one clock. */
#ifndef MIGTRACE_CORE_PICTURE_SEQUENCE_H
#define MIGTRACE_CORE_PICTURE_SEQUENCE_H

#include <stddef.h>

#include "core/account/account.h"

#define SEQUENCE_MAX 64

struct sequence_event {
	int64_t src_ns; /* on the source's clock; of the destination's events by the estimated
			   offset */
	enum role role;
	const struct mt_event *event;
};

/*
 * Writes the events that people want to see, at most SEQUENCE_MAX, in order; returns how many.
 * Those of the destination are left out where the offset is not known and the source's side is.
 */
size_t sequence_of(const struct account *account, struct sequence_event *events);

#endif
