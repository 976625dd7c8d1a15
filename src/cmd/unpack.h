/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recordings that were packed by gzip or xz. */
#ifndef MIGTRACE_CMD_UNPACK_H
#define MIGTRACE_CMD_UNPACK_H

#include <stdbool.h>
#include <stddef.h>

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

/* NULL is none. */
void unpack_free(struct unpack *unpack);

#endif
