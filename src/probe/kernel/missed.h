/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Since when the kernel has skipped no run of a program: of what it last noted,
 * what still holds. */
#ifndef MIGTRACE_PROBE_KERNEL_MISSED_H
#define MIGTRACE_PROBE_KERNEL_MISSED_H

#include <stdbool.h>
#include <stdint.h>

#define MISSED_UNKNOWN UINT64_MAX /* the kernel does not say how many */

/* All 0: none was skipped yet. */
struct missed {
	uint64_t count;
	uint64_t since_ns;
};

/* Takes the kernel's count of skipped runs, as read at now_ns. */
void missed_note(struct missed *missed, uint64_t count, uint64_t now_ns);

/* Returns whether none was skipped from then until the count was last read. */
bool missed_none_since(const struct missed *missed, uint64_t ns);

#endif
