/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lines of one recorder in a spool, and those of them that each half begins with. */
#ifndef MIGTRACE_KEEP_SEGMENT_H
#define MIGTRACE_KEEP_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/recording/recording.h"

/* A line that every half begins with: a header, a probed file, a daemon that has not gone. */
struct first {
	char *text; /* with its end */
	size_t len;
	uint32_t pid; /* of a daemon, or 0 */
	bool has_gone;
};

/* Another recorder may have gone on where this one has ended. */
struct segment {
	const struct recording *recording;
	bool is_there; /* it was in the file before us */
	size_t start;  /* its first line */
	struct first *first;
	size_t count, room;
};

/* Both return 0 or -ENOMEM. The line is without its end, which is added. */
int first_set(struct first *first, const char *line, size_t len);
int segment_add(struct segment *segment, const char *line, size_t len);

/* The daemon with that pid has gone: its line is needed until its halves were taken. 0: none has.
 */
void segment_mark(struct segment *segment, uint32_t pid);

/* They were taken. */
void segment_forget(struct segment *segment);

/* Frees what the segment has. */
void segment_free(struct segment *segment);

#endif
