/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory that is not needed any more, or not for long. */
#ifndef MIGTRACE_BASE_PAGES_H
#define MIGTRACE_BASE_PAGES_H

#include <stddef.h>

/* Lets go of the whole pages of a constant of the program: what is needed again is read again. */
void pages_drop(const void *bytes, size_t size);

/*
 * Lets go of the heap's free pages, and of the code and constants of the program and its libraries,
 * most of which only a begin needs: what is needed again is read again.
 */
void pages_trim(void);

#endif
