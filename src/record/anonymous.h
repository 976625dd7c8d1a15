/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A recording without the names of its domains and hosts, their UUIDs and addresses. */
#ifndef MIGTRACE_RECORD_ANONYMOUS_H
#define MIGTRACE_RECORD_ANONYMOUS_H

#include <stddef.h>

struct anonymous;

/* Returns NULL without memory. anonymous_free() frees. */
struct anonymous *anonymous_new(void);

/*
 * Returns what is left of the line (both without an end): all that is measured, and in the place of
 * each name, UUID, address, path and error message something that is the same wherever it stood. It
 * is valid until the next call; empty where nothing is left; NULL without memory. What is not known
 * to name nobody is left out; what cannot be read stays a line that cannot be.
 */
const char *anonymous_line(struct anonymous *anonymous, const char *line, size_t len);

/* NULL is none. */
void anonymous_free(struct anonymous *anonymous);

#endif
