/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What to do after a migration: one piece of advice, with the command that helps. */
#ifndef MIGTRACE_CORE_ACCOUNT_ADVICE_H
#define MIGTRACE_CORE_ACCOUNT_ADVICE_H

#include "core/account/account.h"

/* Strings are static. The command's last argument, which is not in it, is the domain's UUID: a name
 * may hold what a shell would run. */
struct advice {
	const char *text;
	const char *command; /* or NULL */
	bool is_urgent;	     /* the guest is lost, or its disk will be, unless somebody acts */
};

/* Returns the advice; NULL: there is nothing to do. */
const struct advice *advice_of(const struct account *account);

#endif
