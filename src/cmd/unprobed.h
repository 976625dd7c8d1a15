/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Says in one line which probes a file is without. */
#ifndef MIGTRACE_CMD_UNPROBED_H
#define MIGTRACE_CMD_UNPROBED_H

#include "probe/points.h"

/* Says on stderr what was not found, by the first names; nothing where all was. */
void unprobed_tell(const struct points *points);

#endif
