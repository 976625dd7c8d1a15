/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a migration's report is complete: nothing that may still come can change it, but that a
 * post-copy which broke is resumed. */
#ifndef MIGTRACE_CORE_MATCH_COMPLETE_H
#define MIGTRACE_CORE_MATCH_COMPLETE_H

#include "core/match/migration.h"

/* What a report still waits for. */
enum pending {
	PENDING_NOTHING,
	PENDING_END,	    /* of a side */
	PENDING_CLOCKS,	    /* snapshots behind a side's window */
	PENDING_WATCHED,    /* interfaces or disks of a side are watched still */
	PENDING_VCPUS,	    /* its vCPUs are */
	PENDING_NUMBERS,    /* libvirt's own */
	PENDING_OTHER_SIDE, /* which another recording may still bring, or another migration's */
};

/* Sides that have ended, or are about to, and since when that is known; {0} at first. */
struct waiting {
	struct ended *ended;
	size_t count;
};

/* All recordings, and now, of any clock that does not go back. */
struct heard {
	struct recording *const *recordings;
	size_t count;
	int64_t now_ns;
};

/* Returns what a migration of which both sides were seen lacks, as far as its two hosts go. */
enum pending migration_pending(const struct migration *migration);

/*
 * Returns what the migration lacks while recordings grow. A side is reported alone, and so is a
 * pair that shares only what each attempt repeats, once every other open recording was heard of
 * (recording->heard_ns) after the side had ended.
 */
enum pending waiting_pending(const struct waiting *waiting, const struct heard *heard,
			     const struct migration *migration);

/* Notes which sides of the migrations, that stay, wait. Returns how many, or -ENOMEM. */
int waiting_note(struct waiting *waiting, const struct heard *heard, const struct migration *stay,
		 size_t count);

void waiting_free(struct waiting *waiting);

#endif
