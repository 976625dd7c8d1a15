/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recordings that may still be written: lines as they come, of several at once. */
#ifndef MIGTRACE_CMD_FOLLOW_H
#define MIGTRACE_CMD_FOLLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/match/correlator.h"

struct follow;

/*
 * Opens the files, - being stdin, or halves of the store, as input_open() does. Returns NULL, with
 * a line on stderr, if one cannot be.
 */
struct follow *follow_open(char *const *names, size_t count, const char *store);

/* Gives each a recording of the correlator. Returns 0 or -ENOMEM. */
int follow_begin(struct follow *follow, struct correlator *correlator);

/*
 * Takes the next line of the recording that is behind the others. Returns 1; 0 if there is none
 * now, or no more; -errno with a line on stderr. Where more may come, a line without an end is
 * left. now_ns as for correlator_settle().
 */
int follow_line(struct follow *follow, bool more_may_come, int64_t now_ns);

/*
 * Reads all that the files have now into the correlator, within its memory limit. Returns 0, or
 * -errno with a line on stderr, but for -ENOMEM.
 */
int follow_all(struct follow *follow, struct correlator *correlator);

/* Returns whether all that there will ever be was read: their recorders have ended. */
bool follow_has_ended(const struct follow *follow);

/* NULL is none. */
void follow_close(struct follow *follow);

#endif
