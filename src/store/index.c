/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lines of a store's index, of which there may be some 10^5. */
#include "store/index.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sandbox/user_file.h"
#include "store/store_private.h"

#define BLOCK (1u << 16) /* a line of more is none of a half's */

struct index {
	int fd, err;
	size_t start, end; /* of what was read, and not taken */
	char bytes[BLOCK + 1];
};

/* Returns whether there was more to be read. */
static bool block_read(struct index *index)
{
	ssize_t got;

	index->end -= index->start;
	memmove(index->bytes, index->bytes + index->start, index->end);
	index->start = 0;
	do
		got = read(index->fd, index->bytes + index->end, BLOCK - index->end);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		index->err = errno;
	index->end += got > 0 ? (size_t)got : 0;
	return got > 0;
}

static char *line_end(struct index *index)
{
	return memchr(index->bytes + index->start, '\n', index->end - index->start);
}

bool index_next(struct index *index, struct index_line *line)
{
	char *end = line_end(index);

	while (!end && block_read(index))
		end = line_end(index);
	if (index->start == index->end || index->err)
		return false;
	line->text = index->bytes + index->start;
	line->is_whole = end;
	end = end ?: index->bytes + index->end;
	*end = '\0';
	line->is_whole &= strlen(line->text) == (size_t)(end - line->text);
	index->start = (size_t)(end - index->bytes) + 1;
	if (index->start > index->end)
		index->start = index->end;
	return true;
}

int index_error(const struct index *index)
{
	return -index->err;
}

/* Returns 0, EPROTO or ENOTSUP, or why it could not be read. */
static int head_take(struct index *index)
{
	size_t name = strcspn(INDEX_HEAD, "/") + 1, size = strlen(INDEX_HEAD);

	while (index->end < size && block_read(index))
		;
	if (index->err)
		return index->err;
	if (index->end >= size && !memcmp(index->bytes, INDEX_HEAD, size)) {
		index->start = size;
		return 0;
	}
	return index->end >= name && !memcmp(index->bytes, INDEX_HEAD, name) ? ENOTSUP : EPROTO;
}

struct index *index_open(int dir)
{
	int fd = user_file_openat(dir, INDEX_NAME, O_RDONLY | O_NOFOLLOW), err = errno;
	struct index *index = fd < 0 ? NULL : calloc(1, sizeof(*index));

	if (index) {
		index->fd = fd;
		err = head_take(index);
	} else if (fd >= 0) {
		close(fd);
		err = ENOMEM;
	}
	if (!err || !index) {
		errno = err;
		return index;
	}
	index_close(index);
	errno = err;
	return NULL;
}

void index_close(struct index *index)
{
	close(index->fd);
	free(index);
}
