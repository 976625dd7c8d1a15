/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libvirt would report if its clocks were right: the measured span for each of its numbers. */
#ifndef MIGTRACE_CORE_VERDICT_TRUTH_H
#define MIGTRACE_CORE_VERDICT_TRUTH_H

#include "core/figures/figures.h"
#include "core/match/migration.h"

/* Of a migration with both sides and its figures; of a recovery, of the whole that libvirt's job
 * is. Each returns the span in ns, or why it is unknown. */
typedef struct quantity truth_fn(const struct migration *migration, const struct figures *figures);

/* From STOP on the source until the destination's CPUs are started; without the transfer. */
truth_fn truth_downtime, truth_downtime_net;
/* From the job's start on the source until then. */
truth_fn truth_elapsed, truth_elapsed_net;
/* From the job's start on the source until that has completed the job. */
truth_fn truth_source_elapsed, truth_source_elapsed_net;
/* From the source's hand-over until the destination's Finish. */
truth_fn truth_transfer;
/* Bounds on what QEMU counts as its setup. */
truth_fn truth_setup;

#endif
