/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a post-copy migration is broken: its guest runs, and lacks memory that does not come. */
#ifndef MIGTRACE_CORE_SIDE_BROKEN_H
#define MIGTRACE_CORE_SIDE_BROKEN_H

#include "core/side/side.h"

/* Returns what broke it before the side began, and was not mended then, even if QEMU noticed later;
 * NULL: nothing did. */
const struct mt_event *broken_before(const struct side *side);

/* The same at the side's end, as far as it was seen. */
const struct mt_event *broken_at_end(const struct side *side);

/* Returns the event by which it went on after that event, which broke it; NULL: it did not. */
const struct mt_event *broken_mended(const struct side *side, const struct mt_event *event);

#endif
