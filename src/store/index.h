/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lines of a store's index, of which there may be some 10^5. */
#ifndef MIGTRACE_STORE_INDEX_H
#define MIGTRACE_STORE_INDEX_H

#include <stdbool.h>

struct index;

struct index_line {
	char *text;    /* without its end; the index's, until the next one */
	bool is_whole; /* it has an end, and no NUL in it */
};

/*
 * Opens the index in the folder, behind its head. Returns NULL with errno: EPROTO where it has
 * another head, ENOTSUP where that is a newer migtrace's. index_close() frees.
 */
struct index *index_open(int dir);

/* Returns whether there is another line. */
bool index_next(struct index *index, struct index_line *line);

/* Returns why there is none: 0 at the end, or -errno. */
int index_error(const struct index *index);

void index_close(struct index *index);

#endif
