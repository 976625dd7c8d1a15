/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The passes that QEMU makes over a guest's RAM: what each sent, and what the guest dirtied in it.
 */
#ifndef MIGTRACE_CORE_PASSES_PASSES_H
#define MIGTRACE_CORE_PASSES_PASSES_H

#include <stddef.h>

#include "core/event/opt.h"
#include "core/passes/expected.h"
#include "core/side/side.h"

#define PASSES_MAX 64	/* of one migration, the last of them */
#define QEMU_PAGE  4096 /* bytes, x86-64's and arm64's: what QEMU counts in */

/* How far QEMU had come at an instant of the source's clock. Bytes; as QEMU counts them. */
struct ram {
	int64_t at_ns;
	struct opt_i64 sent;	/* to its peer, since the migration began */
	struct opt_i64 handled; /* RAM that was sent, or only told of as zero */
};

struct pass {
	struct opt_i64 number; /* QEMU's */
	int64_t at_ns;	       /* it began, by the source's clock */
	struct opt_i64 length_ns;
	struct opt_i64 remaining; /* bytes of RAM that were to be sent when it began, */
	struct opt_i64 sent;	  /* that it sent, */
	struct opt_i64 handled;	  /* of RAM that were sent, or only told of as zero, */
	struct opt_i64 dirtied;	  /* and that the guest made dirty meanwhile */
	/* Known, or in force, when it ended: how much the vCPUs were slowed down (%), the downtime
	   limit, and the downtime that QEMU expected. */
	struct opt_i64 throttle, limit_ms, expected_ms;
	bool is_halted; /* it began when the guest stood still: all that is left */
};

/* Of one source, as its events come. {0} is how it begins. */
struct passes {
	struct pass pass[PASSES_MAX];
	size_t count;
	uint64_t left_out; /* that came before those */
	struct ram begun;  /* when the last one began, */
	struct ram middle; /* about half-way from there to the last that was seen, */
	struct ram now;	   /* and that */
	struct expected expected;
	struct opt_i64 throttle;
	struct opt_i64
		rate_limit;	 /* bytes per second that QEMU may send; unknown: it was not seen */
	struct opt_i64 resident; /* bytes of QEMU's memory, as the first pass began */
	bool is_halted;
	bool are_qemus; /* it is probed: they are not what libvirt heard */
};

/* Takes the next event of the source's libvirt or QEMU. */
void passes_take(struct passes *passes, const struct mt_event *event);

/*
 * Writes the passes of the source as they were at that instant of its clock: none for NULL, or
 * where they were not seen.
 */
void passes_of(const struct side *source, int64_t until_ns, struct passes *passes);

/* Returns bytes per second over that time; unknown where either is, or the time is 0. */
struct opt_i64 rate_of(struct opt_i64 bytes, struct opt_i64 length_ns);

#endif
