/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libvirt's numbers of a migration, as files that the user gives have them. */
#ifndef MIGTRACE_CMD_NUMBERS_H
#define MIGTRACE_CMD_NUMBERS_H

#include "core/account/account.h"

/*
 * Reads the files of the source and of the destination into given, by enum role, which the request
 * points to then; NULL is none. Returns 0, or -errno with one line on stderr.
 */
int numbers_given(const char *source, const char *destination, struct numbers given[2],
		  struct account_request *request);

#endif
