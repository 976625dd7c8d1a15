/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether the guest of one side runs when all is over there, by all that shows it. */
#ifndef MIGTRACE_CORE_SIDE_RUNS_H
#define MIGTRACE_CORE_SIDE_RUNS_H

#include "core/side/side.h"

enum runs {
	RUNS_UNKNOWN,	/* what shows it contradicts itself, or would not have been seen */
	RUNS_NO,	/* it was stopped, or its QEMU has gone */
	RUNS_YES,	/* it was started */
	RUNS_UNTOUCHED, /* neither was done, and both would have been seen: as it was before */
};

/* Returns whether its guest was neither stopped nor started, and both would have been seen. */
bool side_is_untouched(const struct side *side);

/* Returns since when it is as side_runs() says, by the host's clock; 0: not known, or it always
 * was. */
int64_t side_runs_since_ns(const struct side *side);

/* Returns how the side leaves its guest, by the last that libvirt and QEMU say of it. */
enum runs side_runs(const struct side *side);

#endif
