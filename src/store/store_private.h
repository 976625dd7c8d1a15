/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of this folder share. */
#ifndef MIGTRACE_STORE_STORE_PRIVATE_H
#define MIGTRACE_STORE_STORE_PRIVATE_H

#include "store/store.h"

#define INDEX_NAME "index"
#define INDEX_NEW  "index.new"
#define INDEX_HEAD "migtrace.index/1\n"
#define HALF_FILE  (HALF_ID + sizeof(HALF_SUFFIX))

struct store {
	char *path; /* for people */
	int dir, spool;
	struct store_limits limits;
	int64_t real_ns;	  /* the wall clock less CLOCK_BOOTTIME, when it was opened */
	int64_t bytes, oldest_ns; /* of all halves; of a store to add to */
	size_t count, damaged;	  /* halves, and lines of the index that are none */
	bool is_index_lost;	  /* it was put aside, or could not be read */
};

/* Writes the name of the half's file. */
void half_file_name(const char *id, char name[HALF_FILE]);

/* Puts the half last, and takes out the line of the one with its id, at once: who reads the index
 * meanwhile finds one of the two. Returns 0 or -errno. */
int index_replace(struct store *store, const struct half *half);

/* Takes the half's bytes and age into account. */
void store_add(struct store *store, const struct half *half);

/* Counts what is in the index. Returns as store_each(). */
int store_count(struct store *store);

#endif
