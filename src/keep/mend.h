/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes a store's index anew where it was lost or is damaged: by the halves' files. */
#ifndef MIGTRACE_KEEP_MEND_H
#define MIGTRACE_KEEP_MEND_H

#include <stdbool.h>

#include "store/store.h"

struct mend;

/* Returns NULL where there is nothing to mend, or a line on stderr says why it cannot be.
 * mend_free() frees. */
struct mend *mend_new(struct store *store);

/*
 * Reads the file of one half that is not in the index; one that is damaged is named on stderr, and
 * left alone. Returns whether there are more; when it does not, the new index is in its place, or a
 * line on stderr says why not.
 */
bool mend_step(struct mend *mend);

/* NULL is none. */
void mend_free(struct mend *mend);

#endif
