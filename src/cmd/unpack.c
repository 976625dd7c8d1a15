/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recordings that were packed by gzip or xz. */
#include "cmd/unpack.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <lzma.h>
#include <zlib.h>

#define GZIP_FIRST   '\x1f'
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
	return first == GZIP_FIRST || first == XZ_FIRST;
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

void unpack_free(struct unpack *unpack)
{
	if (!unpack)
		return;
	lzma_end(&unpack->xz);
	inflateEnd(&unpack->gzip);
	free(unpack);
}
