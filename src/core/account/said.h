/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libvirt and QEMU said did not work, and what libvirt told its client of the migration. */
#ifndef MIGTRACE_CORE_ACCOUNT_SAID_H
#define MIGTRACE_CORE_ACCOUNT_SAID_H

#include "core/match/migration.h"

#define SAID_MAX 8

struct said {
	enum role role;
	bool is_qemus;
	const char *text; /* the recording's, one line, len bytes, not closed */
	size_t len;
};

/* Fills in the different messages of both sides, the source's first, each in order of time. Returns
 * how many. */
size_t said_of(const struct migration *migration, struct said said[SAID_MAX]);

/* Returns the one that names the cause best, or NULL: QEMU's own, else the first. */
const struct said *said_cause(const struct said *said, size_t count);

/* What its client was told of the whole migration. */
enum told {
	TOLD_UNKNOWN, /* not seen, or it drove both sides itself */
	TOLD_SUCCESS,
	TOLD_ERROR,
	TOLD_NOTHING,	  /* the daemon ended before */
	TOLD_UNCONFIRMED, /* the client that drove both sides did not ask to confirm it */
	TOLDS
};

enum told migration_told(const struct migration *migration);

#endif
