/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether libvirt's own numbers of a migration are right, and if not, why. */
#ifndef MIGTRACE_CORE_VERDICT_VERDICT_H
#define MIGTRACE_CORE_VERDICT_VERDICT_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/event/opt.h"
#include "core/figures/figures.h"
#include "core/recording/reported.h"
#include "core/verdict/hypothesis.h"
#include "core/verdict/identity.h"
#include "core/verdict/stamps.h"

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
static_assert(VERDICTS_MAX >= 2 * REPORTED_FIELDS, "each field of both sides");

struct verdicts {
	struct verdict verdict[VERDICTS_MAX];
	size_t count;
	struct libvirt_stamps stamps;
	/* By how much the destination's wall clock is ahead, as libvirt's own numbers show, to its
	 * rounding; where they do. */
	struct opt_i64 skew_ns;
};

/* Returns whether the verdict is that a figure of libvirt's is not right, be it known
 * why or not. */
bool verdict_is_wrong(enum verdict_kind kind);

/* Returns how many verdicts are of that kind. */
size_t verdicts_of_kind(const struct verdicts *verdicts, enum verdict_kind kind);

/* Returns whether a number is off by the wall clocks' offset, which they show to be 1
 * ms or more. */
bool verdicts_show_skew(const struct verdicts *verdicts);

/* Returns what the field is by libvirt's own definition, static. */
const char *verdict_definition(enum role role, enum reported_field field);

/*
 * Judges every field of the sides that are given, of a migration that completed; of one that did
 * not, those that are of no job of its own. Numbers may be off by the tolerance, if that is more
 * than their rounding.
 */
struct verdicts verdicts_of(const struct migration *migration, const struct figures *figures,
			    const struct reported *source, const struct reported *destination,
			    int64_t tolerance_ns);

#endif
