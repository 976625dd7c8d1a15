/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What differs between two migrations, as text. */
#ifndef MIGTRACE_REPORT_DIFF_H
#define MIGTRACE_REPORT_DIFF_H

#include <stdio.h>

#include "core/account/compare.h"

/*
 * Prints both side by side: the figures, and the parts that changed. usual: the first one is what
 * is usual of so many; 0: it is a migration. Returns 0 or -errno.
 */
int diff_print(FILE *out, const struct measured *first, size_t usual,
	       const struct measured *second);

#endif
