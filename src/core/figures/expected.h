/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QEMU's downtime limit, estimate and result (its own definitions). */
#ifndef MIGTRACE_CORE_FIGURES_EXPECTED_H
#define MIGTRACE_CORE_FIGURES_EXPECTED_H

#include "core/event/opt.h"
#include "core/match/migration.h"

/* All in ms. */
struct expected {
	struct opt_i64 limit;	 /* downtime-limit in force when QEMU stopped the guest; not known
				  * where    it was changed to what was not seen */
	uint64_t limit_changes;	 /* by clients, while it ran until then */
	struct opt_i64 downtime; /* expected-downtime, when it was last asked before the stop */
	struct opt_i64 said;	 /* QEMU's own downtime when it was over: of the source only */
};

/* Returns what QEMU's replies to the source's libvirt said. */
struct expected expected_of(const struct migration *migration);

#endif
