/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The folder of a store, and its index. */
#include "store/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/time.h"
#include "sandbox/user_file.h"
#include "store/index.h"
#include "store/store_private.h"

#define BYTES_USUAL  (INT64_C(64) << 20)
#define AGE_MS_USUAL (INT64_C(90) * 86400000)
#define LOCK_NAME    "lock"
#define SPOOL_NAME   "current.jsonl"
#define INDEX_ASIDE  "index.damaged"
#define SHARE	     10 /* of the file system */

static struct store *complain(struct store *store, const char *path, const char *why)
{
	diag("%s: %s", path, why);
	store_free(store);
	return NULL;
}

struct store *store_open(const char *path)
{
	struct store *store = calloc(1, sizeof(*store));

	if (!store)
		return complain(NULL, path, strerror(ENOMEM));
	store->spool = -1;
	store->real_ns = time_read_ns(CLOCK_REALTIME) - time_read_ns(CLOCK_BOOTTIME);
	store->path = strdup(path);
	store->dir = user_file_open(path, O_DIRECTORY);
	if (!store->path || store->dir < 0)
		return complain(store, path, strerror(errno));
	return store;
}

/* Held as long as the process, and those that it forked, live. */
static int lock_take(const struct store *store)
{
	int fd = user_file_openat(store->dir, LOCK_NAME, O_RDWR | O_CREAT | O_NOFOLLOW);

	return fd < 0 ? -1 : flock(fd, LOCK_EX | LOCK_NB);
}

static bool is_locked(const struct store *store)
{
	int fd = user_file_openat(store->dir, LOCK_NAME, O_RDONLY | O_NOFOLLOW);
	bool is = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;

	if (fd >= 0)
		close(fd);
	return is;
}

void store_limits(const struct store *store, struct store_limits *limits)
{
	struct statfs fs;
	int64_t share;

	limits->bytes = limits->bytes ?: BYTES_USUAL;
	limits->age_ms = limits->age_ms ?: AGE_MS_USUAL;
	if (fstatfs(store->dir, &fs) || !fs.f_blocks)
		return;
	share = (int64_t)fs.f_blocks / SHARE * fs.f_bsize;
	if (limits->bytes > share)
		limits->bytes = share;
}

/* What is damaged is put aside for people to look at; a newer migtrace's is left alone. */
static int index_check(struct store *store)
{
	int err = store_count(store);

	if (err != -EPROTO)
		return err;
	store->is_index_lost = true;
	if (renameat(store->dir, INDEX_NAME, store->dir, INDEX_ASIDE))
		return -errno;
	diag("%s: the index was put aside as " INDEX_ASIDE, store->path);
	return 0;
}

static int keep_open(struct store *store)
{
	if (lock_take(store)) {
		diag("%s: %s", store->path,
		     errno == EWOULDBLOCK ? "another migtrace adds to this store"
					  : strerror(errno));
		return -EBUSY;
	}
	store->spool =
		user_file_openat(store->dir, SPOOL_NAME, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW);
	if (store->spool >= 0)
		return index_check(store);
	diag("%s/" SPOOL_NAME ": %s", store->path, strerror(errno));
	return -EIO;
}

struct store *store_keep(const char *path, const struct store_limits *limits)
{
	int err = user_folder_make(path);
	struct store *store;

	if (err)
		return complain(NULL, path, strerror(-err));
	store = store_open(path);
	if (!store)
		return NULL;
	store->limits = *limits;
	store_limits(store, &store->limits);
	if (!keep_open(store))
		return store;
	store_free(store);
	return NULL;
}

int store_spool(const struct store *store)
{
	return store->spool;
}

void half_file_name(const char *id, char name[HALF_FILE])
{
	snprintf(name, HALF_FILE, "%s" HALF_SUFFIX, id);
}

int store_half_open(const struct store *store, const char *id)
{
	char name[HALF_FILE];

	half_file_name(id, name);
	return user_file_openat(store->dir, name, O_RDONLY | O_NOFOLLOW);
}

static const char *index_fault(int err)
{
	if (err == EPROTO)
		return "damaged";
	return err == ENOTSUP ? "of a newer migtrace" : strerror(err);
}

/* Takes what is no half's for damaged, or gives it to fn. Returns whether it goes on. */
static bool line_give(const struct index_line *line, half_fn *fn, void *arg, size_t *damaged)
{
	struct half half;

	if (line->is_whole && half_read(line->text, &half))
		return fn(arg, &half);
	++*damaged;
	return true;
}

/* As store_each(), which warns: counts what is damaged. */
static int index_each(const struct store *store, half_fn *fn, void *arg, size_t *damaged)
{
	struct index *index = index_open(store->dir);
	struct index_line line;
	bool goes_on = index;
	int err;

	*damaged = 0;
	if (!index)
		return errno == ENOENT ? 0 : -errno; /* nothing was added yet */
	while (goes_on && index_next(index, &line))
		goes_on = line_give(&line, fn, arg, damaged);
	err = index_error(index);
	index_close(index);
	return err;
}

static void index_warn(const struct store *store, int err, size_t damaged)
{
	if (err)
		diag("%s/" INDEX_NAME ": %s", store->path, index_fault(-err));
	else if (damaged)
		diag("%s/" INDEX_NAME ": %zu damaged lines skipped", store->path, damaged);
}

int store_each(const struct store *store, half_fn *fn, void *arg)
{
	size_t damaged;
	int err = index_each(store, fn, arg, &damaged);

	index_warn(store, err, damaged);
	return err;
}

void store_add(struct store *store, const struct half *half)
{
	if (!store->count++ || half->end_ns < store->oldest_ns)
		store->oldest_ns = half->end_ns;
	store->bytes += half->bytes;
}

static bool half_count(void *arg, const struct half *half)
{
	store_add(arg, half);
	return true;
}

int store_count(struct store *store)
{
	int err;

	store->count = 0;
	store->bytes = 0;
	err = index_each(store, half_count, store, &store->damaged);
	index_warn(store, err, store->damaged);
	return err;
}

int store_sum(struct store *store, struct store_sum *sum)
{
	int err = store_count(store);

	*sum = (struct store_sum){is_locked(store), store->count, store->damaged, store->bytes,
				  store->count ? store->oldest_ns : 0};
	return err;
}

static struct dirent *file_next(DIR *folder, int *err)
{
	struct dirent *entry;

	errno = 0;
	entry = readdir(folder);
	*err = entry ? 0 : -errno;
	return entry;
}

int store_each_file(const struct store *store, half_file_fn *fn, void *arg)
{
	int fd = user_file_openat(store->dir, ".", O_RDONLY | O_DIRECTORY);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	int err = folder ? 0 : -errno;
	bool goes_on = true;
	struct dirent *entry;

	if (!folder) {
		if (fd >= 0)
			close(fd);
		return err;
	}
	while (goes_on && (entry = file_next(folder, &err))) {
		size_t len = strlen(entry->d_name), suffix = strlen(HALF_SUFFIX);

		if (len <= suffix || strcmp(entry->d_name + len - suffix, HALF_SUFFIX) != 0)
			continue;
		entry->d_name[len - suffix] = '\0';
		if (half_id_is_valid(entry->d_name))
			goes_on = fn(arg, entry->d_name);
	}
	closedir(folder);
	return err;
}

static bool file_count(void *arg, const char *id)
{
	(void)id;
	++*(size_t *)arg;
	return true;
}

bool store_is_whole(const struct store *store)
{
	size_t files = 0;

	return !store->damaged && !store->is_index_lost &&
	       !store_each_file(store, file_count, &files) && files == store->count;
}

void store_free(struct store *store)
{
	if (!store)
		return;
	if (store->dir >= 0)
		close(store->dir);
	if (store->spool >= 0)
		close(store->spool);
	free(store->path);
	free(store);
}
