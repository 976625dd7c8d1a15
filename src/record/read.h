/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads a recording; nothing in the file is believed that has not been checked. */
#ifndef MIGTRACE_RECORD_READ_H
#define MIGTRACE_RECORD_READ_H

#include <stdio.h>

#include "core/recording.h"

#define RECORD_LINE_MAX	  16384
#define RECORD_EVENTS_MAX 1000000

/*
 * Reads the recording from the stream, which the caller keeps. name is for messages, borrowed for
 * as long as the recording. Returns 0, or -errno with one line on stderr. A last line that was cut
 * (a recorder that was killed) is left out, with a line on stderr. recording_free() frees in every
 * case.
 */
int recording_read(FILE *file, const char *name, struct recording *recording);

void recording_free(struct recording *recording);

#endif
