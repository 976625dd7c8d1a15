/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recordings that were packed by gzip or xz. */
#ifndef MIGTRACE_RECORD_UNPACK_H
#define MIGTRACE_RECORD_UNPACK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/lines.h"

#define UNPACK_GZIP '\x1f' /* what a file begins with that gzip has packed */

struct unpack;

/* Returns whether a file that begins with that byte is packed: no recording begins so. */
bool unpack_is_packed(char first);

/* Returns what unpacks a file that begins with that byte; NULL if there is no memory. */
struct unpack *unpack_new(char first);

/* Returns where the next packed bytes are to be put, and how many at most; 0 while
 * unpack_bytes() still has some. */
size_t unpack_room(struct unpack *unpack, char **room);

/* Says that so many were put there; 0: there are no more. */
void unpack_given(struct unpack *unpack, size_t count);

/*
 * Writes what is unpacked to the bytes. Returns how many there are, 0 if more packed ones are
 * needed, or none will come; or -EBADMSG if they are damaged or cut short.
 */
int unpack_bytes(struct unpack *unpack, char *to, size_t size);

/*
 * Gives each line of what is unpacked of the bytes to take; size 0: there are no more. Returns 0,
 * what take returned, or -EBADMSG.
 */
int unpack_lines(struct unpack *unpack, const char *packed, size_t size, struct line *line,
		 line_fn *take, void *arg);

/*
 * Gives each line of the file, which gzip has packed, to take, also the last one where that was cut
 * off. Returns as unpack_lines(), or -errno.
 */
int unpack_file(int fd, line_fn *take, void *arg);

/* NULL is none. */
void unpack_free(struct unpack *unpack);

#endif
