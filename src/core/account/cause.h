/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kept a migration from completing, or ended its guest, as far as its events show it. */
#ifndef MIGTRACE_CORE_ACCOUNT_CAUSE_H
#define MIGTRACE_CORE_ACCOUNT_CAUSE_H

#include "core/account/account.h"

#define CAUSE_TEXT (MT_TEXT + 32)

/* Writes what ended it, in one line; "": not known, or it completed. */
void cause_of_end(const struct account *account, char text[CAUSE_TEXT]);

#endif
