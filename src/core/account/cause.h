/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kept a migration from completing, or ended its guest, as far as its events show it. */
#ifndef MIGTRACE_CORE_ACCOUNT_CAUSE_H
#define MIGTRACE_CORE_ACCOUNT_CAUSE_H

#include "core/account/account.h"

#define CAUSE_TEXT (MT_TEXT + 32)

/*
 * Returns whether the guest panicked in mid-migration and was moved all the same: libvirt's
 * on_crash waits until the job has ended, and then the guest is elsewhere.
 */
bool account_has_panicked(const struct account *account);

/* Writes what ended it, in one line; "": not known, or it completed. Also that the guest panicked.
 */
void cause_of_end(const struct account *account, char text[CAUSE_TEXT]);

#endif
