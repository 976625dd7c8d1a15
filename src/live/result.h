/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A migration that has ended, as part of a row. */
#ifndef MIGTRACE_LIVE_RESULT_H
#define MIGTRACE_LIVE_RESULT_H

#include "core/account/account.h"

/* Appends how it ended, and its figures; where one side alone was seen, that host's part. */
void row_add_result(char *row, const struct account *account);

#endif
