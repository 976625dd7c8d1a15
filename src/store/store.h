/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The halves of migrations that a host has recorded: a folder of one file each, and an index. */
#ifndef MIGTRACE_STORE_STORE_H
#define MIGTRACE_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/half.h"

#define STORE_PATH  "/var/lib/migtrace"
#define HALF_SUFFIX ".jsonl.gz" /* behind the id: a half's file */

/* How much is kept; the oldest half goes first. 0: what is usual, 64 MiB and 90 days. */
struct store_limits {
	int64_t bytes;	/* and never more than a tenth of the file system */
	int64_t age_ms; /* since the migration ended */
};

struct store;

/* Opens a store to read it. Returns NULL with a line on stderr. store_free() frees. */
struct store *store_open(const char *path);

/*
 * Opens a store to add to it, which one process may do at a time; makes the folder where there is
 * none. Returns NULL with a line on stderr.
 */
struct store *store_keep(const char *path, const struct store_limits *limits);

/* Returns whether it goes on. */
typedef bool half_fn(void *arg, const struct half *half);

/*
 * Gives fn each half of the index, in the order in which they ended. What is damaged in it is
 * passed over, and named on stderr. Returns 0, or -errno with a line on stderr.
 */
int store_each(const struct store *store, half_fn *fn, void *arg);

/* What there is in a store. */
struct store_sum {
	bool is_kept;	   /* somebody adds to it now */
	size_t halves;	   /* in the index, */
	size_t damaged;	   /* and lines that are none */
	int64_t bytes;	   /* of all halves */
	int64_t oldest_ns; /* when the first one ended, by the wall clock */
};

/* Sums it up. Returns as store_each(). */
int store_sum(struct store *store, struct store_sum *sum);

/* Puts what is usual where a limit is 0, and the store's share of its file system. */
void store_limits(const struct store *store, struct store_limits *limits);

/* Returns whether all halves are in the index that have a file, and nothing in it is damaged. */
bool store_is_whole(const struct store *store);

/* Gives fn the id of each half that has a file, until it returns false. Returns 0 or -errno. */
typedef bool half_file_fn(void *arg, const char *id);
int store_each_file(const struct store *store, half_file_fn *fn, void *arg);

/* Returns the half's file, to be read, or -1 with errno; the caller closes. */
int store_half_open(const struct store *store, const char *id);

/*
 * Returns the file of what is being recorded, to be read and appended to; the store's. It outlives
 * whoever wrote it.
 */
int store_spool(const struct store *store);

/* Of a store to add to: writes to it. */
struct half_file;

/*
 * Begins a file for the half. Its id is made here, from the time, the UUID and the role, and is its
 * file's name; may_be_there: unless there is one that began then, in whose place this comes.
 * Returns NULL with errno.
 */
struct half_file *half_file_new(struct store *store, const struct half *half, bool may_be_there);

/* Adds bytes to it. An error is kept until half_file_end(); so is one that is told, of what there
 * is to add. */
void half_file_add(struct half_file *file, const char *bytes, size_t size);
void half_file_fail(struct half_file *file, int err);

/*
 * Ends and frees it: when it returns 0, the file and its line of the index are on the disk, and
 * half->bytes and half->id, which is put there, are set. Otherwise -errno, and there is no file.
 */
int half_file_end(struct half_file *file, struct half *half, char id[HALF_ID]);

/*
 * Removes what is beyond the limits; more: a tenth of all halves, as the disk is full. Returns 0 or
 * -errno.
 */
int store_trim(struct store *store, bool more);

/*
 * Returns a new index, to which halves are written in the order in which they ended; NULL with
 * errno. store_index_end() puts it in the place of the old one, unless there was an error; it
 * returns that, or 0 or -errno.
 */
FILE *store_index_begin(const struct store *store);
int store_index_end(struct store *store, FILE *index, int err);

/* NULL is none. */
void store_free(struct store *store);

#endif
