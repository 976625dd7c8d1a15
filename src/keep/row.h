/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The line of the store's index for a side of a migration. */
#ifndef MIGTRACE_KEEP_ROW_H
#define MIGTRACE_KEEP_ROW_H

#include "core/account/account.h"
#include "store/half.h"

/* A half with its texts. It is not to be moved. */
struct half_row {
	struct half half;
	char uuid_text[UUID_TEXT], name[MT_TEXT], host[HOST_NAME], peer[HOST_NAME];
};

/* Fills it in, but for its id and size; the side is there. */
void half_row_make(struct half_row *row, const struct account *account, enum role role);

#endif
