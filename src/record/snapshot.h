/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks at this host's clocks. */
#ifndef MIGTRACE_RECORD_SNAPSHOT_H
#define MIGTRACE_RECORD_SNAPSHOT_H

#include "core/recording/recording.h"

/* Returns the tightest of several looks, with lost as given. */
struct clock_snapshot snapshot_take(uint64_t lost);

#endif
