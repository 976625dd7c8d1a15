/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Puts each half of a migration into a store once it is over, out of a recording as it comes. */
#ifndef MIGTRACE_KEEP_KEEPER_H
#define MIGTRACE_KEEP_KEEPER_H

#include "base/status.h"
#include "store/store.h"

/*
 * Reads recordings until their ends, one after the other, and keeps their halves; first those that
 * whoever was here before had not kept yet. The process is confined by it. Returns the exit status,
 * with a line on stderr where that is not 0.
 */
enum status keeper_run(struct store *store, const int *fds, size_t count);

#endif
