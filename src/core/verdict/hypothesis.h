/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why libvirt reports a number, or none: ordered hypotheses, of which the first
 * that fits counts. */
#ifndef MIGTRACE_CORE_VERDICT_HYPOTHESIS_H
#define MIGTRACE_CORE_VERDICT_HYPOTHESIS_H

#include <stddef.h>

#include "core/event/quantity.h"
#include "core/verdict/formula.h"

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

/* One number that libvirt reports, or leaves out, and all that may explain it. */
struct claim {
	const struct formula *formula;
	enum role role;
	uint64_t version; /* of libvirt; 0: not known */
	bool is_reported;
	int64_t ns; /* what libvirt reports */
	struct quantity truth;
	int64_t tolerance_ns;
	int64_t late_ns;	  /* its last stamp may be that late */
	int64_t error_ns[STAMPS]; /* of libvirt's stamps */
	int64_t received_late_ns;
	bool is_sent_right; /* sent is what the recorder's wall clock showed */
	bool has_no_stop;   /* libvirt has no stamp of the STOP */
	bool has_partial;   /* the destination reports no more than the source had done */
	bool is_postcopy, is_recovery;
	bool has_no_job;  /* it reports nothing of any job */
	bool is_absurd;	  /* it reports what is no duration */
	bool has_delta;	  /* it is known what libvirt has to subtract */
	int64_t delta_ns; /* that */
	bool has_whole;	  /* it reports what that is subtracted from */
	int64_t whole_ns; /* that */
};

struct hypothesis {
	bool is_reported; /* of numbers that are there; else of those that are left out */
	bool (*applies)(const struct claim *claim); /* NULL: always */
	/* What libvirt would report then, within the claim's tolerance; NULL: it
	 * may be anything. */
	struct quantity (*predict)(const struct claim *claim);
	enum verdict_kind kind;
	const char *words; /* NULL: why the truth is unknown */
};

/* In their order; the last ones of either kind always fit. */
extern const struct hypothesis hypotheses[];
extern const size_t hypothesis_count;

/* Returns whether it applies, and libvirt reports what it predicts. */
bool hypothesis_fits(const struct hypothesis *hypothesis, const struct claim *claim);

/* Returns the first that fits the claim, static. */
const struct hypothesis *hypothesis_of(const struct claim *claim);

#endif
