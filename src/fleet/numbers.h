/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The numbers of a store's halves, without a gap: by them a collector knows what it lacks. */
#ifndef MIGTRACE_FLEET_NUMBERS_H
#define MIGTRACE_FLEET_NUMBERS_H

#include <stdint.h>

#include "fleet/message.h"
#include "store/store.h"

struct numbers;

/*
 * Opens the numbers in the store's folder, or begins with them, under a new name for the store. One
 * process may have them at a time. Returns NULL with a line on stderr. numbers_free() frees.
 */
struct numbers *numbers_open(const char *store_path);

/*
 * Reads them, and changes nothing: also of a folder that is a copy, or read only. Of a store that
 * has none there are none. Returns as numbers_open(); numbers_update() is not for these.
 */
struct numbers *numbers_look(const char *store_path);

/*
 * Gives a number to each half of the store that has none, or that is another one under its old id.
 * They are on the disk when 0 is returned; otherwise -errno, with a line on stderr.
 */
int numbers_update(struct numbers *numbers, const struct store *store);

/* Returns the last number that was given; 0: none was. */
int64_t numbers_last(const struct numbers *numbers);

/* Returns the half's id, the numbers'; NULL: it has got another number since, or was in a store
 * that is lost. */
const char *numbers_id(const struct numbers *numbers, int64_t number);

/* Returns the number of that very half; 0: it has none. */
int64_t numbers_of(const struct numbers *numbers, const struct half *half);

/*
 * Begins anew under another name, as these are older than what was given away: a folder that was
 * put back. numbers_update() gives them. Returns 0 or -errno.
 */
int numbers_restart(struct numbers *numbers);

/* Returns the name of the store under which it has given numbers; the numbers'. */
const char *numbers_store(const struct numbers *numbers);

/* NULL is none. */
void numbers_free(struct numbers *numbers);

#endif
