/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Adds a half to a store: its file first, then its line of the index, each on the disk. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "sandbox/user_file.h"
#include "store/store_private.h"

#define NEW_NAME "half.new" /* one at a time */
#define SAME	 100	    /* halves of one domain in one second */
#define SAME_NS	 1000000000 /* by the wall clock, which two looks may have otherwise */

struct half_file {
	struct store *store;
	int fd, err;
	gzFile gz;
	bool replaces; /* the half with that id, */
	char id[HALF_ID];
};

static int id_make(const struct store *store, const struct half *half, char id[HALF_ID])
{
	int len = half_id_begin(half, id);
	char name[HALF_FILE];

	if (!len || !half_id_is_valid(id))
		return -EINVAL;
	for (int i = 1; i < SAME; i++) {
		if (i > 1)
			snprintf(id + len, HALF_ID - (size_t)len, "-%d", i);
		half_file_name(id, name);
		if (faccessat(store->dir, name, F_OK, 0))
			return errno == ENOENT ? 0 : -errno;
	}
	return -EEXIST;
}

struct same {
	const struct half *half;
	char *id; /* "": none was found */
};

static bool same_note(void *arg, const struct half *half)
{
	const struct same *same = arg;

	if (!strcmp(half->uuid, same->half->uuid) && !strcmp(half->role, same->half->role) &&
	    llabs(half->begin_ns - same->half->begin_ns) < SAME_NS)
		strcpy(same->id, half->id); /* which was checked: it has room */
	return true;
}

/* Puts the id of the half there that began then; "" if there is none. Returns 0 or -errno. */
static int id_find(const struct store *store, const struct half *half, char id[HALF_ID])
{
	struct same same = {half, id};

	id[0] = '\0';
	return store_each(store, same_note, &same);
}

static gzFile packed_open(int fd)
{
	int copy = dup(fd), err;
	gzFile packed = copy < 0 ? NULL : gzdopen(copy, "w");

	if (packed)
		return packed;
	err = errno ?: ENOMEM;
	if (copy >= 0)
		close(copy);
	errno = err;
	return NULL;
}

/* Returns 0 or -errno; file->fd is open or -1 in either case. */
static int file_open(struct half_file *file)
{
	file->fd = user_file_openat(file->store->dir, NEW_NAME,
				    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW);
	file->gz = file->fd < 0 ? NULL : packed_open(file->fd);
	return file->gz ? 0 : -errno;
}

struct half_file *half_file_new(struct store *store, const struct half *half, bool may_be_there)
{
	struct half_file *file = calloc(1, sizeof(*file));
	int err = file ? 0 : -ENOMEM;

	if (!err) {
		file->store = store;
		file->fd = -1;
		err = may_be_there ? id_find(store, half, file->id) : 0;
	}
	if (!err) {
		file->replaces = file->id[0];
		err = file->replaces ? 0 : id_make(store, half, file->id);
	}
	if (!err)
		err = file_open(file);
	if (!err)
		return file;
	if (file && file->fd >= 0)
		close(file->fd);
	free(file);
	errno = -err;
	return NULL;
}

void half_file_add(struct half_file *file, const char *bytes, size_t size)
{
	if (!file->err && size && gzwrite(file->gz, bytes, (unsigned int)size) != (int)size)
		file->err = -(errno ?: EIO);
}

void half_file_fail(struct half_file *file, int err)
{
	if (!file->err)
		file->err = err;
}

/* Returns 0 or -errno. */
static int index_head(FILE *file)
{
	off_t size = lseek(fileno(file), 0, SEEK_END);
	char last = '\n';

	if (size < 0 || (size && pread(fileno(file), &last, 1, size - 1) != 1))
		return -(errno ?: EIO);
	if (!size)
		fputs(INDEX_HEAD, file);
	else if (last != '\n')
		fputc('\n', file); /* the last line was cut off */
	return 0;
}

/* Opens the index to append, with its head. Returns NULL with errno. */
static FILE *index_append(const struct store *store)
{
	int fd = user_file_openat(store->dir, INDEX_NAME, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "a");
	int err = file ? index_head(file) : -errno;

	if (!err)
		return file;
	if (file)
		fclose(file);
	else if (fd >= 0)
		close(fd);
	errno = -err;
	return NULL;
}

static int index_add(const struct store *store, const struct half *half)
{
	FILE *file = index_append(store);
	int err = file ? half_write(file, half) : -errno;

	if (!err && fdatasync(fileno(file)))
		err = -errno;
	if (file)
		fclose(file);
	return err;
}

/* Puts the file in its place. Returns 0 or -errno. */
static int file_place(struct half_file *file)
{
	char name[HALF_FILE];

	half_file_name(file->id, name);
	if (fdatasync(file->fd) || renameat(file->store->dir, NEW_NAME, file->store->dir, name) ||
	    fsync(file->store->dir))
		return -errno;
	return 0;
}

/* Enters it into the index. Until its line is there it is found by its file: see store_is_whole().
 */
static int file_enter(struct half_file *file, const struct half *half)
{
	struct store *store = file->store;
	int err;

	if (file->replaces)
		return index_replace(store, half);
	err = index_add(store, half);
	if (!err)
		store_add(store, half);
	return err;
}

int half_file_end(struct half_file *file, struct half *half, char id[HALF_ID])
{
	struct store *store = file->store;
	char name[HALF_FILE];
	int closed = gzclose(file->gz), err = file->err;

	if (!err && closed != Z_OK)
		err = closed == Z_ERRNO ? -(errno ?: EIO) : -EIO;
	half->bytes = lseek(file->fd, 0, SEEK_END);
	if (!err && half->bytes < 0)
		err = -errno;
	half->id = strcpy(id, file->id);
	err = err ?: file_place(file);
	if (err) {
		unlinkat(store->dir, NEW_NAME, 0);
	} else if ((err = file_enter(file, half)) && !file->replaces) {
		half_file_name(file->id, name);
		unlinkat(store->dir, name, 0);
	}
	close(file->fd);
	free(file);
	return err;
}
