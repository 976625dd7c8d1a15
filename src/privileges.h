/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the process may do: as much as probing needs, then as little as can be. */
#ifndef MIGTRACE_PRIVILEGES_H
#define MIGTRACE_PRIVILEGES_H

#include <stdbool.h>
#include <stddef.h>

/* Returns what the process lacks for probing, the index-th thing, static; NULL after the last. */
const char *privileges_missing(size_t index);

/* Returns what setcap(8) is to grant a file so that nothing is missing, static. */
const char *privileges_setcap(void);

/* Returns whether probing is allowed; says on stderr which capabilities are missing if not. */
bool privileges_suffice(void);

/* Drops all, but what it takes to probe more daemons if keep_probing. */
void privileges_drop(bool keep_probing);

#endif
