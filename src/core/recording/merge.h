/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copies of parts of one recording, as the recording: a store has a part for each migration. */
#ifndef MIGTRACE_CORE_RECORDING_MERGE_H
#define MIGTRACE_CORE_RECORDING_MERGE_H

#include "core/recording/recording.h"

/* Returns whether both are copies of one recorder's, and no more comes of them. */
bool recording_is_copy(const struct recording *recording, const struct recording *other);

/*
 * Adds what the later one has and the other has not. The later one is joined then, and has nothing
 * of its own. Returns 0, or -ENOMEM with both as they were.
 */
int recording_merge(struct recording *recording, struct recording *later);

#endif
