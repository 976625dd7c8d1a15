/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recordings of one host, one after the other, as one: a recorder ended, and another one began. */
#ifndef MIGTRACE_CORE_RECORDING_JOIN_H
#define MIGTRACE_CORE_RECORDING_JOIN_H

#include "core/recording/recording.h"

/*
 * Returns whether the later recording goes on where the other one has ended: they are of one boot
 * of one kernel, saw the same daemon, and do not overlap. Two that do overlap saw the same twice.
 */
bool recording_follows(const struct recording *recording, const struct recording *later);

/* Returns whether both are one process of one host. */
bool daemon_is_same(const struct daemon *a, const struct daemon *b);

/*
 * Appends the later recording, which recording_follows() has to hold for; what was between them is
 * a gap. The later one is joined then, and has nothing of its own. Returns 0, or -ENOMEM with both
 * as they were.
 */
int recording_append(struct recording *recording, struct recording *later);

#endif
