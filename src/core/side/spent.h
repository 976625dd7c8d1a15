/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was said of where the time of a side's vCPUs went. */
#ifndef MIGTRACE_CORE_SIDE_SPENT_H
#define MIGTRACE_CORE_SIDE_SPENT_H

#include "core/side/side.h"

/* Returns the last that was said of the side's next vCPU after that one, from the first for NULL;
 * NULL behind the last. */
const struct mt_event *spent_next(const struct side *side, const struct mt_event *after);

/* Reads the next of the event's numbers of faults, of 2^i us each, from *at on, which begins as 0.
 * Returns whether there was one. */
bool spent_faults(const struct mt_event *event, size_t *at, uint32_t *count);

/* Returns whether more will be said of the side's vCPUs, as far as was seen. */
bool spent_is_open(const struct side *side);

#endif
