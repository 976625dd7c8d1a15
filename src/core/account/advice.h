/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What to do after a migration, with the commands that help. */
#ifndef MIGTRACE_CORE_ACCOUNT_ADVICE_H
#define MIGTRACE_CORE_ACCOUNT_ADVICE_H

#include "core/account/account.h"

#define COMMAND_TEXT 160

/* Strings are static. */
struct advice {
	const char *code; /* for scripts */
	const char *text;
	const char *command; /* with the domain's UUID for %s, as a name may hold what a shell would
				run; or NULL */
	bool is_urgent;	     /* the guest is lost, or its disk will be, unless somebody acts */
};

/* Returns the advice of that rank, from 0 on, what matters most first; NULL: there is no more to
 * do. */
const struct advice *advice_of(const struct account *account, size_t rank);

/* Writes the command, whole: "" where there is none. */
void command_format(const char *command, const struct account *account, char text[COMMAND_TEXT]);

#endif
