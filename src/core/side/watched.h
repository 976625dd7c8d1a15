/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The network interfaces and disks of a side's guest: since when they were watched, and what was
 * seen. */
#ifndef MIGTRACE_CORE_SIDE_WATCHED_H
#define MIGTRACE_CORE_SIDE_WATCHED_H

#include "core/side/side.h"

/* Returns the side's next interface after that one, or disk, by the kind (NET_BEGIN, DISK_BEGIN),
 * from the first for NULL, as it began to be watched; NULL behind the last. */
const struct mt_event *watched_next(const struct side *side, enum mt_kind kind,
				    const struct mt_event *after);

/* Returns whether both events are of one interface, by its address, or of one disk, by its id. */
bool watched_is_same(const struct mt_event *a, const struct mt_event *b);

/* Returns what was seen of it, which may come long after the side's window; NULL: nothing yet. */
const struct mt_event *watched_end(const struct side *side, const struct mt_event *begin);

/* Returns whether some are watched still, as far as was seen: what is said of them may change. */
bool watched_is_open(const struct side *side);

#endif
