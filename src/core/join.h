/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recordings of one host, one after the other, as one: a recorder was ended, and another one started. */
#ifndef MIGTRACE_CORE_JOIN_H
#define MIGTRACE_CORE_JOIN_H

#include "core/recording.h"

/*
 * Returns whether the later recording goes on where the other one ends: they are of one boot of one
 * kernel, saw the same daemon, and do not overlap. Two that do overlap saw the same things twice.
 */
bool recording_follows(const struct recording *recording, const struct recording *later);

/*
 * Appends the later recording, which recording_follows() has to hold for; what was between them is a
 * gap. The later one is emptied, but not freed. Returns 0, or -ENOMEM with both unchanged in what they
 * say. The arrays are those of malloc(3).
 */
int recording_append(struct recording *recording, struct recording *later);

#endif
