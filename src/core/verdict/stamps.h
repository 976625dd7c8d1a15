/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libvirt's wall-clock stamps of one migration, and how far each is from the measured instant. */
#ifndef MIGTRACE_CORE_VERDICT_STAMPS_H
#define MIGTRACE_CORE_VERDICT_STAMPS_H

#include "core/figures/figures.h"
#include "core/match/migration.h"
#include "core/side/statistics.h"
#include "core/verdict/formula.h"

/* libvirt cuts each of its stamps to ms; a net figure has four of them. */
#define ROUNDING_NS 2000000

struct libvirt_stamps {
	struct opt_i64 delta; /* in the destination's cookie */
	/* The destination's wall clock less the source's: as delta has it, and the recorders'. */
	struct quantity offset_in_delta, recorder_offset;
	/* The stamp less what the recorder's wall clock of its host showed then. */
	struct quantity start_error, stop_error, sent_error, received_error;
	/* By how much more time passed on the source's wall clock from there until sent; 0: not
	 * known, or within the rounding. */
	int64_t start_step_ns, stop_step_ns;
	int64_t received_late_ns; /* Finish was stamped that much after it had been entered */
	bool has_no_stop;	  /* no stamp of the STOP, though the guest was stopped */
	bool was_future;	  /* for the destination the source's stamps lay in the future */
};

/* Returns the stamps of a migration that has both sides. */
struct libvirt_stamps libvirt_stamps_of(const struct migration *migration,
					const struct figures *figures);

/* Returns how late libvirt's last stamp on the destination may be, in ns. */
int64_t done_late_ns(const struct side *destination);

/*
 * Sets by how much each stamp is more than the instant that it stands for, if the destination's
 * wall clock is ahead by offset_ns (which has in it that Finish was stamped late).
 */
void stamp_errors_set(const struct libvirt_stamps *stamps, int64_t offset_ns,
		      int64_t error_ns[STAMPS]);

#endif
