/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is being recorded, in a file that outlives us: a recording, from which halves are taken. */
#ifndef MIGTRACE_KEEP_SPOOL_H
#define MIGTRACE_KEEP_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/recording/recording.h"
#include "record/read.h"
#include "store/store.h"

struct spool;

/* The file is the caller's, and is left alone until spool_reset(). Returns NULL without memory. */
struct spool *spool_new(int fd);

/*
 * What comes from now on is of that recording, which outlives the spool; is_there: the file has it
 * already. Returns 0 or -ENOMEM.
 */
int spool_begin(struct spool *spool, const struct recording *recording, bool is_there);

/*
 * Appends a line, without its end, which the reader has read as reader_line() has it. Where there
 * is no room in the file it is held in memory. Returns 0; or -errno, and until spool_reset()
 * nothing can be copied.
 */
int spool_add(struct spool *spool, const struct reader *reader, const char *line, size_t len);

/* Returns whether some of the recording was in the file already: another one has begun it. */
bool spool_was_there(const struct spool *spool, const struct recording *recording);

/*
 * Copies all that there is of the recording about the domain since that instant of the host's
 * clock, and what is about no domain. What cannot be copied is the file's error: it is no half
 * then.
 */
void spool_copy(const struct spool *spool, const struct recording *recording, const uint8_t *uuid,
		int64_t since_ns, struct half_file *file);

/* Empties the file but for what every half of the last recording needs. Returns 0 or -errno. */
int spool_reset(struct spool *spool);

/* Cuts off what stands in the file behind the lines that were added: a line without its end. */
int spool_cut(const struct spool *spool);

/* Returns how many lines there are beside that. */
size_t spool_lines(const struct spool *spool);

/* NULL is none. */
void spool_free(struct spool *spool);

#endif
