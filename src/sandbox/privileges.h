/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The capabilities of the process: those that probing takes, held no longer than it takes. */
#ifndef MIGTRACE_SANDBOX_PRIVILEGES_H
#define MIGTRACE_SANDBOX_PRIVILEGES_H

#include <stdbool.h>
#include <stddef.h>

/*
 * To be called first of all. Capabilities that setcap(8) gave to our file are not the user's: they
 * are laid down until privileges_raise(), and nothing of the user's environment is obeyed meanwhile
 * or later. Returns 0, or -EPERM with a line on stderr where the file is set-user-ID.
 */
int privileges_begin(void);

/* Takes up what our file was given. */
void privileges_raise(void);

/*
 * While it is true, what is done is done with the user's own rights, and no capability of our file
 * helps. Returns what it was before.
 */
bool privileges_lay_down(bool are_down);

/* Returns the environment that the user gave us: for programs that have the user's rights alone. */
char **privileges_environment(void);

/*
 * Returns what the process lacks for probing, which takes more by perf events than by multi links:
 * the index-th thing, static; NULL after the last.
 */
const char *privileges_missing(size_t index, bool by_perf_events);

/* Returns the index-th capability that it takes, as systemd spells it, static; NULL after the last.
 */
const char *privileges_needed(size_t index, bool by_perf_events);

/* Returns what setcap(8) is to grant a file so that nothing is missing, static. */
const char *privileges_setcap(bool by_perf_events);

/* Raises the privileges. Returns whether probing is allowed; says on stderr what lacks if not. */
bool privileges_suffice(bool by_perf_events);

/* From now on programs that we run can get no capability, not even root's. */
void privileges_bound(void);

/* Drops all, but what it takes to probe more daemons if keep_probing. */
void privileges_drop(bool keep_probing);

#endif
