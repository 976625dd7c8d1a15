/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How libvirt computes each number: from which of its wall-clock stamps, by side and version. */
#ifndef MIGTRACE_CORE_VERDICT_FORMULA_H
#define MIGTRACE_CORE_VERDICT_FORMULA_H

#include "core/recording/reported.h"
#include "core/side/job.h"
#include "core/verdict/truth.h"

/* libvirt's own stamps, in ms of a host's wall clock. */
enum stamp {
	STAMP_NONE,	 /* the number is QEMU's */
	STAMP_STARTED,	 /* source: the job's start */
	STAMP_STOPPED,	 /* source: STOP is handled */
	STAMP_SENT,	 /* source: the guest is handed over */
	STAMP_COMPLETED, /* source: the job is complete */
	STAMP_RECEIVED,	 /* destination: Finish is entered */
	STAMP_DONE,	 /* destination: the CPUs are started */
	STAMPS
};

/* to - from, or to - from - delta, where delta is received - sent. */
struct formula {
	enum reported_field field;
	unsigned int roles; /* bits: 1 << enum role */
	uint64_t since;	    /* the first version of libvirt, as struct reported has it; 0: any */
	enum stamp from, to;
	bool is_less_delta;
	truth_fn *truth;
	const char *definition;
};

/* Returns the formula by which that libvirt fills that field on that side, static. A version of 0
 * is one that is not known, and taken for new. */
const struct formula *formula_of(enum reported_field field, enum role role, uint64_t version);

/* Returns whether received - sent is in the number. */
bool formula_has_delta(const struct formula *formula);

/*
 * Returns by how much the number is more than the truth, if libvirt's stamps are off as error_ns
 * says, by enum stamp: the stamp less the instant that it stands for.
 */
int64_t formula_error_ns(const struct formula *formula, const int64_t error_ns[STAMPS]);

#endif
