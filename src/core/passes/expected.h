/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QEMU's downtime limit, estimate and result (its own definitions). */
#ifndef MIGTRACE_CORE_PASSES_EXPECTED_H
#define MIGTRACE_CORE_PASSES_EXPECTED_H

#include "core/event/opt.h"
#include "core/side/side.h"

/* All in ms. */
struct expected {
	struct opt_i64 limit;	 /* downtime-limit in force when QEMU stopped the guest; not known
				  * where    it was changed to what was not seen */
	uint64_t limit_changes;	 /* by clients, while it ran until then */
	struct opt_i64 downtime; /* expected-downtime, when it was last asked before the stop */
	struct opt_i64 said;	 /* QEMU's own downtime when it was over: of the source only */
	bool has_stopped;	 /* the guest, as libvirt was told */
};

/* Takes the next event of the source's libvirt; {0} is how it begins. */
void expected_take(struct expected *expected, const struct mt_event *event);

/* Returns what QEMU's replies to the source's libvirt said; nothing for NULL. */
struct expected expected_of(const struct side *source);

#endif
