/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ends the process where there is no memory for what is to be said. */
#ifndef MIGTRACE_BASE_MEMORY_H
#define MIGTRACE_BASE_MEMORY_H

#include <stdbool.h>

/* Ends the process, with a line on stderr, where something could not be made for want of memory. */
void memory_require(bool is_there);

/* Returns what was made; ends the process where that is NULL. */
static inline void *memory_needed(void *made)
{
	memory_require(made);
	return made;
}

#endif
