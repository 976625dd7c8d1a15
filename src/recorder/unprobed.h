/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Says in one line which probes a file is without. */
#ifndef MIGTRACE_RECORDER_UNPROBED_H
#define MIGTRACE_RECORDER_UNPROBED_H

#include "probe/find/points.h"

/*
 * Says on stderr what was not found, by the first names, and each that the kernel does not let us
 * probe, with the reason; nothing where all is probed.
 */
void unprobed_warn(const struct points *points);

#endif
