/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recordings that were packed by gzip or xz. */
#include "record/unpack.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <lzma.h>
#include <zlib.h>

#include "record/read.h"

#define XZ_FIRST     '\xfd'
#define PACKED_BYTES 65536
#define XZ_MEMORY    (UINT64_C(128) << 20) /* xz -9 takes 65 MiB */

struct unpack {
	bool is_xz, has_all, is_within; /* a part that gzip has packed */
	z_stream gzip;
	lzma_stream xz;
	char packed[PACKED_BYTES];
};

bool unpack_is_packed(char first)
{
	return first == UNPACK_GZIP || first == XZ_FIRST;
}

struct unpack *unpack_new(char first)
{
	struct unpack *unpack = calloc(1, sizeof(*unpack));
	bool is_open;

	if (!unpack)
		return NULL;
	unpack->is_xz = first == XZ_FIRST;
	unpack->xz = (lzma_stream)LZMA_STREAM_INIT;
	if (unpack->is_xz)
		is_open = lzma_stream_decoder(&unpack->xz, XZ_MEMORY, LZMA_CONCATENATED) == LZMA_OK;
	else
		is_open = inflateInit2(&unpack->gzip, MAX_WBITS + 16) == Z_OK; /* 16: gzip's head */
	if (is_open)
		return unpack;
	unpack_free(unpack);
	return NULL;
}

size_t unpack_room(struct unpack *unpack, char **room)
{
	*room = unpack->packed;
	return unpack->xz.avail_in || unpack->gzip.avail_in ? 0 : sizeof(unpack->packed);
}

void unpack_given(struct unpack *unpack, size_t count)
{
	unpack->has_all = !count;
	if (unpack->is_xz) {
		unpack->xz.next_in = (uint8_t *)unpack->packed;
		unpack->xz.avail_in = count;
	} else {
		unpack->gzip.next_in = (Bytef *)unpack->packed;
		unpack->gzip.avail_in = (uInt)count;
	}
}

static int xz_bytes(struct unpack *unpack, char *to, size_t size)
{
	lzma_ret ret;

	unpack->xz.next_out = (uint8_t *)to;
	unpack->xz.avail_out = size;
	ret = lzma_code(&unpack->xz, unpack->has_all ? LZMA_FINISH : LZMA_RUN);
	if (size > unpack->xz.avail_out)
		return (int)(size - unpack->xz.avail_out);
	if (ret == LZMA_STREAM_END ||
	    (!unpack->has_all && (ret == LZMA_OK || ret == LZMA_BUF_ERROR)))
		return 0;
	return -EBADMSG;
}

/* What was appended was packed on its own: parts stand behind each other. */
static int gzip_bytes(struct unpack *unpack, char *to, size_t size)
{
	int ret = Z_OK;

	unpack->gzip.next_out = (Bytef *)to;
	unpack->gzip.avail_out = (uInt)size;
	while (ret == Z_OK && unpack->gzip.avail_in && unpack->gzip.avail_out == size) {
		unpack->is_within = true;
		ret = inflate(&unpack->gzip, Z_NO_FLUSH);
		if (ret == Z_STREAM_END) {
			unpack->is_within = false;
			ret = inflateReset(&unpack->gzip);
		}
	}
	if (size > unpack->gzip.avail_out)
		return (int)(size - unpack->gzip.avail_out);
	if (unpack->has_all ? unpack->is_within : ret != Z_OK && ret != Z_BUF_ERROR)
		return -EBADMSG;
	return 0;
}

int unpack_bytes(struct unpack *unpack, char *to, size_t size)
{
	if (size > INT_MAX)
		size = INT_MAX;
	return unpack->is_xz ? xz_bytes(unpack, to, size) : gzip_bytes(unpack, to, size);
}

static int unpacked_take(struct unpack *unpack, struct line *line, line_fn *take, void *arg)
{
	char bytes[PACKED_BYTES];
	int err = 0, count;

	while (!err && (count = unpack_bytes(unpack, bytes, sizeof(bytes))))
		err = count < 0 ? count : lines_take(line, bytes, (size_t)count, take, arg);
	return err;
}

int unpack_lines(struct unpack *unpack, const char *packed, size_t size, struct line *line,
		 line_fn *take, void *arg)
{
	int err = 0;

	do {
		char *room;
		size_t part = unpack_room(unpack, &room);

		part = part < size ? part : size;
		memcpy(room, packed, part);
		unpack_given(unpack, part);
		packed += part;
		size -= part;
		err = unpacked_take(unpack, line, take, arg);
	} while (!err && size);
	return err;
}

int unpack_file(int fd, line_fn *take, void *arg)
{
	struct line line = {.room = RECORD_LINE_MAX, .overlong = LINE_CUT};
	struct unpack *unpack = unpack_new(UNPACK_GZIP);
	char packed[PACKED_BYTES];
	int err = 0;
	ssize_t got = 1;

	line.bytes = malloc(line.room);
	if (!unpack || !line.bytes)
		err = -ENOMEM;
	while (!err && got) {
		got = read(fd, packed, sizeof(packed));
		err = got < 0 ? -errno
			      : unpack_lines(unpack, packed, (size_t)got, &line, take, arg);
	}
	if (!err && line.length)
		err = lines_take(&line, "\n", 1, take, arg);
	unpack_free(unpack);
	free(line.bytes);
	return err;
}

void unpack_free(struct unpack *unpack)
{
	if (!unpack)
		return;
	lzma_end(&unpack->xz);
	inflateEnd(&unpack->gzip);
	free(unpack);
}
