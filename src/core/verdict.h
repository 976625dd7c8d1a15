/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether libvirt's own numbers of a migration are right, and if not, why. */
#ifndef MIGTRACE_CORE_VERDICT_H
#define MIGTRACE_CORE_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/figures.h"

enum reported_field {
	REPORTED_DOWNTIME,
	REPORTED_DOWNTIME_NET,
	REPORTED_ELAPSED,
	REPORTED_ELAPSED_NET,
	REPORTED_FIELDS
};

/* What libvirt said on one host. */
struct reported {
	bool is_given;
	struct {
		bool known; /* libvirt leaves fields out */
		uint64_t ms;
	} field[REPORTED_FIELDS];
};

enum verdict_kind {
	VERDICT_UNKNOWN, /* there is nothing to compare with */
	VERDICT_AGREES,	 /* within libvirt's rounding */
	VERDICT_SKEWED,	 /* by the offset between the hosts' wall clocks, and by nothing else */
	VERDICT_PARTIAL, /* the source's part only: with that offset the whole would be negative */
	VERDICT_MISSING, /* left out, as libvirt does where that offset makes it negative */
	VERDICT_OTHER,	 /* it is another quantity by that name */
	VERDICT_UNEXPLAINED,
};

struct verdict {
	enum side side;
	enum reported_field field;
	bool is_there;
	int64_t ms; /* what libvirt said, if it is there */
	enum verdict_kind kind;
	const char *explanation; /* static */
};

#define VERDICTS_MAX (2 * REPORTED_FIELDS)

struct verdicts {
	struct verdict verdict[VERDICTS_MAX];
	size_t count;
	/* By how much the destination's wall clock is ahead, as libvirt's own numbers show, to its
	 * rounding; where they do. */
	bool has_skew;
	int64_t skew_ns;
};

/*
 * Judges every field of the sides that are given, of a migration that completed; formulas are those
 * of libvirt's qemu_domainjob.c and qemu_migration.c (9.0).
 */
struct verdicts verdicts_of(const struct migration *migration, const struct figures *figures,
			    const struct reported *source, const struct reported *destination);

#endif
