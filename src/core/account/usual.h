/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is usual: of several migrations each time from the shortest to the longest. */
#ifndef MIGTRACE_CORE_ACCOUNT_USUAL_H
#define MIGTRACE_CORE_ACCOUNT_USUAL_H

#include "core/account/compare.h"

#define USUAL_MAX 20 /* migrations: of more the first ones count */

/*
 * Puts what is usual of them, count at least 1, in order of time: each figure and part from the
 * least to the most that it may have been in any of them, the estimate being the median. It is
 * known where it is in all of them; a part that one does not have took it no time, as in
 * measured_compare().
 */
void measured_usual(const struct measured *const *measured, size_t count, struct measured *usual);

#endif
