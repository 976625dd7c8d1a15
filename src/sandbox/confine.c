/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Confines a process that reads what others wrote: whoever takes it over can do little with it. */
#include "sandbox/confine.h"

#include <errno.h>
#include <grp.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/diag.h"
#include "sandbox/filter.h"
#include "sandbox/privileges.h"

#define NOBODY 65534

static void fail(const char *what, int err)
{
	diag("cannot be confined: %s: %s", what, strerror(err));
	_exit(1);
}

void confine(enum confinement confinement)
{
	int err;

	privileges_drop(false);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		fail("no_new_privs", errno);
	err = confinement == CONFINE_CALLER ? 0 : filter_load(confinement);
	if (err)
		fail("seccomp", -err);
}

/* Who is not root has no other user to become. */
void confine_as_nobody(enum confinement confinement)
{
	privileges_bound(); /* as nobody we could not */
	if (!geteuid() && (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) ||
			   setresuid(NOBODY, NOBODY, NOBODY)))
		fail("user", errno);
	confine(confinement);
}
