/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Since when the kernel has skipped no run of a program: of what it last noted,
 * what still holds. */
#include "probe/kernel/missed.h"

void missed_note(struct missed *missed, uint64_t count, uint64_t now_ns)
{
	if (count == missed->count && count != MISSED_UNKNOWN)
		return;
	missed->count = count;
	missed->since_ns = now_ns;
}

bool missed_none_since(const struct missed *missed, uint64_t ns)
{
	return ns >= missed->since_ns;
}
