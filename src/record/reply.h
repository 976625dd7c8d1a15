/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The numbers in QEMU's replies to query-migrate and query-migrate-parameters. */
#ifndef MIGTRACE_RECORD_REPLY_H
#define MIGTRACE_RECORD_REPLY_H

#include "migtrace_event.h"

/*
 * Makes *info the MIGRATION_INFO of the reply, whose JSON is text: what QEMU wrote, of which
 * nothing is believed; and *error an ERROR where it says why the migration failed, else of kind
 * MT_NONE. Returns 0, or -EPROTO where it is none.
 */
int reply_info(const struct mt_event *reply, const char *text, struct mt_event *info,
	       struct mt_event *error);

#endif
