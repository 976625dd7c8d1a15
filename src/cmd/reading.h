/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What report and verify have in common: which migrations of recordings are meant, and whose
 * numbers. */
#ifndef MIGTRACE_CMD_READING_H
#define MIGTRACE_CMD_READING_H

#include "core/account/account.h"
#include "options/options.h"

/* How much of recordings is held in memory at once, and how much of one side of a migration. */
#define READING_BYTES	    (256u << 20)
#define READING_SIDE_EVENTS (1u << 16)

/* Returns whether the migration is of the domain that the user wants. */
bool reading_wants(const struct reading *reading, const struct migration *migration);

/* Returns whether files with libvirt's numbers are given. */
bool reading_has_numbers(const struct reading *reading);

/*
 * Reads those files into given, by enum role, which the request points to then. Returns 0, or
 * -errno with one line on stderr.
 */
int reading_numbers(const struct reading *reading, struct numbers given[2],
		    struct account_request *request);

/* Says on stderr that no such migration was found. */
void reading_warn_none(const struct reading *reading);

#endif
