/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What became of a migration and its guest, as a sentence: the same in all formats. */
#ifndef MIGTRACE_REPORT_ANSWER_H
#define MIGTRACE_REPORT_ANSWER_H

#include "core/account/account.h"

/* Return static words. */
const char *guest_text(const struct account *account);
const char *told_name(enum told told);
const char *ended_by_name(enum ended_by by);

#define REAL_TIME_TEXT 32

/* Writes the wall clock's time in UTC; "" for 0, which is not known. */
void real_time_format(int64_t real_ns, char text[REAL_TIME_TEXT]);

#endif
