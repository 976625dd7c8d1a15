/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether the guest of one side runs when all is over there, by all that shows it. */
#ifndef MIGTRACE_CORE_RUNS_H
#define MIGTRACE_CORE_RUNS_H

#include "core/half.h"

enum runs {
	RUNS_UNKNOWN,	/* what shows it contradicts itself, or would not have been seen */
	RUNS_NO,	/* it was stopped, or its QEMU has gone */
	RUNS_YES,	/* it was started */
	RUNS_UNTOUCHED, /* neither was done, and both would have been seen: as it was before */
};

/* Returns whether its guest was neither stopped nor started, and both would have been seen. */
bool half_is_untouched(const struct half *half);

/* Returns how the half leaves its guest, by the last that libvirt and QEMU say of it. */
enum runs half_runs(const struct half *half);

#endif
