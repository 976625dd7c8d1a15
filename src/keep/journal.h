/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What systemd is told of the service, and its journal of each half. */
#ifndef MIGTRACE_KEEP_JOURNAL_H
#define MIGTRACE_KEEP_JOURNAL_H

#include "store/half.h"

/* MESSAGE_ID of an entry about a half. */
#define JOURNAL_HALF_ID "5d0c1f2be2b14c0a9a2fb5a9d8f0c3a7"

/* Opens systemd's library where we are its service: before the process is confined. */
void journal_open(void);

/* Says that it records: units that come after it may start. Nothing where systemd does not wait. */
void journal_ready(void);

/* Says that it ends to read its configuration, but not yet, as something migrates. */
void journal_reload_waits(void);

/* Writes an entry of the half where the journal has our standard error, or a line there. */
void journal_half(const struct half *half);

#endif
