/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The folder of a store, and its index. */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/diag.h"
#include "sandbox/user_file.h"
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

static void limits_fit(struct store *store)
{
	struct statfs fs;

	if (!fstatfs(store->dir, &fs) && fs.f_blocks &&
	    store->limits.bytes / SHARE > (int64_t)fs.f_blocks * fs.f_bsize / SHARE / SHARE)
		store->limits.bytes = (int64_t)fs.f_blocks * fs.f_bsize / SHARE;
}

/* What is damaged is put aside for people to look at; a newer migtrace's is left alone. */
static int index_check(struct store *store)
{
	int err = store_count(store);

	if (err != -EPROTO)
		return err;
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
	store->limits.bytes = limits->bytes ?: BYTES_USUAL;
	store->limits.age_ms = limits->age_ms ?: AGE_MS_USUAL;
	limits_fit(store);
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

/* Returns NULL with errno: EPROTO where it has another head, ENOTSUP where that is a newer one. */
static FILE *index_open(const struct store *store)
{
	int fd = user_file_openat(store->dir, INDEX_NAME, O_RDONLY | O_NOFOLLOW);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	char head[sizeof(INDEX_HEAD)] = "";
	bool is_newer;

	if (!file)
		return NULL;
	if (fgets(head, sizeof(head), file) && !strcmp(head, INDEX_HEAD))
		return file;
	is_newer = !strncmp(head, INDEX_HEAD, strcspn(INDEX_HEAD, "/") + 1);
	fclose(file);
	errno = is_newer ? ENOTSUP : EPROTO;
	return NULL;
}

static void damage_warn(const struct store *store, size_t damaged)
{
	if (damaged)
		diag("%s/" INDEX_NAME ": %zu damaged lines skipped", store->path, damaged);
}

static const char *index_fault(int err)
{
	if (err == EPROTO)
		return "damaged";
	return err == ENOTSUP ? "of a newer migtrace" : strerror(err);
}

int store_each(const struct store *store, half_fn *fn, void *arg)
{
	FILE *file = index_open(store);
	size_t size = 0, damaged = 0;
	char *line = NULL;
	struct half half;
	ssize_t len;

	if (!file) {
		int err = errno;

		if (err == ENOENT)
			return 0; /* nothing was added yet */
		diag("%s/" INDEX_NAME ": %s", store->path, index_fault(err));
		return -err;
	}
	while ((len = getline(&line, &size, file)) > 0) {
		bool is_whole = line[len - 1] == '\n' && strlen(line) == (size_t)len;

		line[strcspn(line, "\n")] = '\0';
		if (!is_whole || !half_read(line, &half))
			damaged++;
		else if (!fn(arg, &half))
			break;
	}
	free(line);
	fclose(file);
	damage_warn(store, damaged);
	return 0;
}

static bool half_count(void *arg, const struct half *half)
{
	struct store *store = arg;

	if (!store->count++)
		store->oldest_ns = half->end_ns;
	store->bytes += half->bytes;
	return true;
}

int store_count(struct store *store)
{
	store->count = 0;
	store->bytes = 0;
	return store_each(store, half_count, store);
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
