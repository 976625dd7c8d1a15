/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kept a migration from completing, as far as its events show it. */
#ifndef MIGTRACE_CORE_ACCOUNT_CAUSE_H
#define MIGTRACE_CORE_ACCOUNT_CAUSE_H

#include "core/account/account.h"

/* Returns what ended it, static; NULL: not known, or it completed. */
const char *cause_of_end(const struct account *account);

#endif
