/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happened to a guest on a side's host behind a job that nobody saw the end of. */
#ifndef MIGTRACE_CORE_SIDE_AFTERMATH_H
#define MIGTRACE_CORE_SIDE_AFTERMATH_H

#include "core/side/side.h"

/*
 * Returns the next event of the domain on the side's host after that one, from the first behind the
 * side's last for NULL, until the domain's next job begins there: of whatever process, such as a
 * daemon that was started again. NULL where there is no more, and always of a side that saw its own
 * end: what comes behind that is no part of the migration.
 */
const struct mt_event *aftermath_next(const struct side *side, const struct mt_event *after);

/* Returns when that span ends, by the host's clock; INT64_MAX: with the recording. */
int64_t aftermath_end_ns(const struct side *side);

#endif
