/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether what is not in a recording did not happen, or only was not seen. */
#ifndef MIGTRACE_CORE_SIDE_UNSEEN_H
#define MIGTRACE_CORE_SIDE_UNSEEN_H

#include "core/side/side.h"

/*
 * Returns why an event of that kind may have come in the span of the host's clock and not be among
 * the side's or its QEMU's, static; NULL if it would have been seen. 0 is since the job began,
 * INT64_MAX until it ended. To be asked before it is concluded of anything that it did not happen.
 */
const char *unseen_why(const struct side *side, enum mt_kind kind, int64_t from_ns, int64_t to_ns);

/* Returns what the probe of that kind is called in a recording, static; NULL where none is asked
 * for. The index goes through its probes. */
const char *unseen_probe(enum mt_kind kind, size_t index);

#endif
