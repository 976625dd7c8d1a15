/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keeps a store within its limits: the oldest halves go. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"
#include "sandbox/user_file.h"
#include "store/store_private.h"

#define ROOM 10 /* the part of the limit that is made free at once */

/* The index as it is written anew. */
struct trim {
	struct store *store;
	FILE *out;
	int64_t excess, since_ns; /* bytes that have to go; the end of the oldest that stays */
	size_t more;		  /* halves that have to go */
	int err;
};

static bool has_to_go(const struct trim *trim, const struct half *half)
{
	return trim->excess > 0 || trim->more || half->end_ns < trim->since_ns;
}

static bool half_pass(void *arg, const struct half *half)
{
	struct trim *trim = arg;
	char name[HALF_FILE];

	if (!has_to_go(trim, half)) {
		trim->err = half_write(trim->out, half);
		return !trim->err;
	}
	half_file_name(half->id, name);
	unlinkat(trim->store->dir, name, 0);
	trim->excess -= half->bytes;
	trim->more -= trim->more > 0;
	return true;
}

static FILE *index_new(const struct store *store)
{
	int fd = user_file_openat(store->dir, INDEX_NEW, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");

	if (file)
		fputs(INDEX_HEAD, file);
	return file;
}

/* Writes the index anew without what goes. A file that has gone before its line has is no harm. */
static int index_rewrite(struct trim *trim)
{
	struct store *store = trim->store;
	int err;

	trim->out = index_new(store);
	if (!trim->out)
		return -errno;
	err = store_each(store, half_pass, trim) ?: trim->err;
	if (!err && (fflush(trim->out) || fdatasync(fileno(trim->out))))
		err = -errno;
	fclose(trim->out);
	if (!err && renameat(store->dir, INDEX_NEW, store->dir, INDEX_NAME))
		err = -errno;
	if (err)
		unlinkat(store->dir, INDEX_NEW, 0);
	return err ?: store_count(store);
}

int store_trim(struct store *store, bool more)
{
	struct trim trim = {
		.store = store,
		.since_ns = time_read_ns(CLOCK_REALTIME) - store->limits.age_ms * 1000000,
		.more = more ? store->count / ROOM + 1 : 0,
	};

	if (store->bytes > store->limits.bytes)
		trim.excess = store->bytes - (store->limits.bytes - store->limits.bytes / ROOM);
	if (!store->count || (!trim.more && !trim.excess && store->oldest_ns >= trim.since_ns))
		return 0;
	return index_rewrite(&trim);
}
