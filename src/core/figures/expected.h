/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QEMU's downtime limit, estimate and result (its own definitions). */
#ifndef MIGTRACE_CORE_FIGURES_EXPECTED_H
#define MIGTRACE_CORE_FIGURES_EXPECTED_H

#include <stdbool.h>
#include <stdint.h>

#include "core/match/migration.h"

struct expectation {
	bool known;
	uint64_t ms;
};

struct expected {
	struct expectation limit;    /* downtime-limit, as it was when the migration began */
	struct expectation downtime; /* expected-downtime, when it was last asked before the stop */
	struct expectation said;     /* QEMU's own downtime when it was over: of the source only */
};

/* Returns what QEMU's replies to the source's libvirt said. */
struct expected expected_of(const struct migration *migration);

#endif
