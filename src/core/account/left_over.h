/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a migration left on a host that is of no use there, or that somebody has to see to. */
#ifndef MIGTRACE_CORE_ACCOUNT_LEFT_OVER_H
#define MIGTRACE_CORE_ACCOUNT_LEFT_OVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/side/job.h"

#define LEFT_OVERS_MAX 2

struct left_over {
	enum role role;	  /* of the side on whose host it is */
	const char *what; /* static */
	const char
		*command; /* that helps, to be run there, with the domain's UUID for %s; or NULL */
	bool is_useless;  /* and to be ended */
	int64_t real_ns;  /* since when, by that host's wall clock; 0: not known */
};

struct account;

/* Fills in what is left over after that, for the account to have it. Returns how much that is. */
size_t left_overs_of(const struct account *account, struct left_over left[LEFT_OVERS_MAX]);

#endif
