/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether libvirt's own numbers of a migration are right, and if not, why. */
#ifndef MIGTRACE_CORE_VERDICT_VERDICT_H
#define MIGTRACE_CORE_VERDICT_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/figures/figures.h"
#include "core/recording/reported.h"

enum verdict_kind {
	VERDICT_UNKNOWN, /* there is nothing to compare with */
	VERDICT_AGREES,	 /* within libvirt's rounding */
	VERDICT_SKEWED,	 /* by the wall clocks' offset or a late stamp, and by nothing else */
	VERDICT_PARTIAL, /* the source's part only: with that offset the whole would be negative */
	VERDICT_MISSING, /* left out, as libvirt does where that offset makes it negative */
	VERDICT_OTHER,	 /* it is another quantity by that name */
	VERDICT_UNEXPLAINED,
	VERDICT_STALE, /* of another job, or of one that did not complete */
	VERDICT_WRONG, /* for another reason that is known */
	VERDICT_KINDS
};

/* What libvirt's own stamps are, beside ours of the same instants. */
struct inputs {
	struct quantity theta; /* the wall clocks' offset that is in its delta: destination's less
				  source's */
	/* By how much the stamp is more than the recorders' wall clock of its host had then. */
	struct quantity started, stopped, sent, received;
	struct quantity hosts; /* offset of the two recorders' wall clocks */
	/* By how much more time went by, on the source's wall clock, from there until sent. */
	bool has_start_step, has_stop_step;
	int64_t start_step_ns, stop_step_ns;
	bool has_no_stop; /* libvirt has no stamp of the STOP, though the guest was stopped */
	bool was_future;  /* for the destination the source's stamps lay in the future */
};

struct verdict {
	enum role role;
	enum reported_field field;
	bool is_there;
	int64_t ms;	       /* what libvirt said, if it is there */
	struct quantity truth; /* what it would say were it right */
	enum verdict_kind kind;
	const char *explanation; /* static */
};

#define VERDICTS_MAX (2 * REPORTED_FIELDS)

struct verdicts {
	struct verdict verdict[VERDICTS_MAX];
	size_t count;
	struct inputs inputs;
	/* By how much the destination's wall clock is ahead, as libvirt's own numbers show, to its
	 * rounding; where they do. */
	bool has_skew;
	int64_t skew_ns;
};

/* Returns whether the verdict is that a figure of libvirt's is not right, be it known why or not.
 */
bool verdict_is_wrong(enum verdict_kind kind);

/* What is known of libvirt's own stamps; both sides are there. */
struct inputs inputs_of(const struct migration *migration, const struct figures *figures);

/* Returns what the field is by libvirt's own definition, static. */
const char *verdict_definition(enum role role, enum reported_field field);

/* Whether the numbers can be of the migration, by what does not depend on the hosts' clocks. */
enum identity {
	IDENTITY_UNKNOWN,
	IDENTITY_FITS,
	IDENTITY_OTHER,
};

/* Returns whether the side's job has completed as far as it can know, though the migration has not.
 */
bool completed_on(const struct migration *migration, enum role role);

enum identity reported_identity(const struct migration *migration, const struct figures *figures,
				enum role role, const struct reported *reported);

/*
 * Judges every field of the sides that are given, of a migration that completed; formulas are those
 * of libvirt's qemu_domainjob.c and qemu_migration.c (9.0). Numbers may be off by the tolerance, if
 * that is more than their rounding.
 */
struct verdicts verdicts_of(const struct migration *migration, const struct figures *figures,
			    const struct reported *source, const struct reported *destination,
			    int64_t tolerance_ns);

#endif
