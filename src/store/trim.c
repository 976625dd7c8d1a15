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
	int64_t now_ns;
	bool has_young;		    /* an earlier half stays, and is not of the future */
	size_t more;		    /* halves that have to go */
	const struct half *instead; /* of the line with its id; NULL: all stay as they are */
	int err;
};

/* What came behind one that is young is so, too, however old the clock had it then. */
static bool has_to_go(const struct trim *trim, const struct half *half)
{
	return trim->excess > 0 || trim->more ||
	       (half->end_ns < trim->since_ns && !trim->has_young);
}

static bool half_pass(void *arg, const struct half *half)
{
	struct trim *trim = arg;
	char name[HALF_FILE];

	if (trim->instead && !strcmp(half->id, trim->instead->id))
		return true;
	if (!has_to_go(trim, half)) {
		trim->has_young |= half->end_ns <= trim->now_ns;
		trim->err = half_write(trim->out, half);
		return !trim->err;
	}
	half_file_name(half->id, name);
	unlinkat(trim->store->dir, name, 0);
	trim->excess -= half->bytes;
	trim->more -= trim->more > 0;
	return true;
}

FILE *store_index_begin(const struct store *store)
{
	int fd = user_file_openat(store->dir, INDEX_NEW, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");

	if (file)
		fputs(INDEX_HEAD, file);
	else if (fd >= 0)
		close(fd);
	return file;
}

int store_index_end(struct store *store, FILE *index, int err)
{
	if (!err && (fflush(index) || fdatasync(fileno(index))))
		err = -errno;
	fclose(index);
	if (!err && renameat(store->dir, INDEX_NEW, store->dir, INDEX_NAME))
		err = -errno;
	if (err)
		unlinkat(store->dir, INDEX_NEW, 0);
	return err ?: store_count(store);
}

/* Writes the index anew without what goes. A file that has gone before its line has is no harm. */
static int index_rewrite(struct trim *trim)
{
	int err;

	trim->out = store_index_begin(trim->store);
	if (!trim->out)
		return -errno;
	err = store_each(trim->store, half_pass, trim) ?: trim->err;
	if (!err && trim->instead)
		err = half_write(trim->out, trim->instead);
	return store_index_end(trim->store, trim->out, err);
}

int index_replace(struct store *store, const struct half *half)
{
	struct trim trim = {.store = store, .since_ns = INT64_MIN, .instead = half};

	return index_rewrite(&trim);
}

/* A clock that steps while the store is open makes nothing old. */
int store_trim(struct store *store, bool more)
{
	int64_t now_ns = store->real_ns + time_read_ns(CLOCK_BOOTTIME);
	struct trim trim = {
		.store = store,
		.since_ns = now_ns - store->limits.age_ms * 1000000,
		.now_ns = now_ns,
		.more = more ? store->count / ROOM + 1 : 0,
	};

	if (store->bytes > store->limits.bytes)
		trim.excess = store->bytes - (store->limits.bytes - store->limits.bytes / ROOM);
	if (!store->count || (!trim.more && !trim.excess && store->oldest_ns >= trim.since_ns))
		return 0;
	return index_rewrite(&trim);
}
