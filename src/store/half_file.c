/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Adds a half to a store: its file first, then its line of the index, each on the disk. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "sandbox/user_file.h"
#include "store/store_private.h"

#define NEW_NAME "half.new" /* one at a time */
#define SAME	 100	    /* halves of one domain in one second */

struct half_file {
	struct store *store;
	int fd, err;
	gzFile gz;
	char id[HALF_ID];
};

/* Nothing of the id is text from outside. */
static int id_make(const struct store *store, const struct half *half, char id[HALF_ID])
{
	time_t seconds = (time_t)(half->begin_ns / 1000000000);
	char name[HALF_FILE], stamp[32];
	struct tm tm;

	if (!gmtime_r(&seconds, &tm))
		return -EINVAL;
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%S", &tm);
	for (int i = 1; i < SAME; i++) {
		int len = snprintf(id, HALF_ID, "%s-%.8s-%s", stamp, half->uuid,
				   half->role[0] == 's' ? "src" : "dst");

		if (i > 1)
			snprintf(id + len, HALF_ID - (size_t)len, "-%d", i);
		half_file_name(id, name);
		if (half_id_is_valid(id) && faccessat(store->dir, name, F_OK, 0))
			return 0;
	}
	return -EEXIST;
}

struct half_file *half_file_new(struct store *store, const struct half *half)
{
	struct half_file *file = calloc(1, sizeof(*file));
	int err = file ? id_make(store, half, file->id) : -ENOMEM;

	if (!err) {
		file->store = store;
		file->fd = user_file_openat(store->dir, NEW_NAME,
					    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW);
		file->gz = file->fd < 0 ? NULL : gzdopen(dup(file->fd), "w");
		err = file->gz ? 0 : -errno;
	}
	if (!err)
		return file;
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

/* Opens the index to append, with its head. Returns NULL with errno. */
static FILE *index_append(const struct store *store)
{
	int fd = user_file_openat(store->dir, INDEX_NAME, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "a");
	off_t size = file ? lseek(fd, 0, SEEK_END) : 0;
	char last = '\n';

	if (file && !size)
		fputs(INDEX_HEAD, file);
	else if (file && pread(fd, &last, 1, size - 1) == 1 && last != '\n')
		fputc('\n', file); /* the last line was cut off */
	return file;
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

int half_file_end(struct half_file *file, struct half *half, char id[HALF_ID])
{
	struct store *store = file->store;
	char name[HALF_FILE];
	int closed = gzclose(file->gz), err = file->err;

	if (!err && closed != Z_OK)
		err = closed == Z_ERRNO ? -(errno ?: EIO) : -EIO;
	half->bytes = lseek(file->fd, 0, SEEK_END);
	half->id = strcpy(id, file->id);
	err = err ?: file_place(file) ?: index_add(store, half);
	if (err) {
		half_file_name(file->id, name);
		unlinkat(store->dir, NEW_NAME, 0);
		unlinkat(store->dir, name, 0);
	} else {
		if (!store->count++)
			store->oldest_ns = half->end_ns;
		store->bytes += half->bytes;
	}
	close(file->fd);
	free(file);
	return err;
}
