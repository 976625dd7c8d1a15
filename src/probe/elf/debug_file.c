/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files that have the symbols which were stripped off another one. */
#include "probe/elf/debug_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <elfutils/libdwelf.h>
#include <linux/openat2.h>
#include <lzma.h>
#include <zlib.h>

#include "probe/elf/fetch.h"
#include "probe/elf/image.h"

#define DEBUG_ROOT "usr/lib/debug"
#define PATH_SIZE  4096
#define READ_SIZE  65536
#define MINI_MAX   ((size_t)64 << 20)	 /* bytes of .gnu_debugdata, unpacked */
#define MINI_ROOM  ((uint64_t)128 << 20) /* what liblzma may take */
#define LINK_MAX   ((off_t)1 << 30)	 /* bytes of a file whose checksum is made */

/* The kernel follows the links: in another root, a resolver of our own would have to race them. */
static int open_in_root(const char *root, const char *path)
{
	const struct open_how how = {
		.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	int root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC), fd;

	if (root_fd < 0)
		return -1;
	fd = (int)syscall(SYS_openat2, root_fd, path, &how, sizeof(how));
	close(root_fd);
	return fd;
}

static bool is_same_build(const struct image *image, const struct image *other)
{
	char ours[IMAGE_BUILD_ID_TEXT], theirs[IMAGE_BUILD_ID_TEXT];

	return !image_build_id(image, ours, sizeof(ours)) &&
	       !image_build_id(other, theirs, sizeof(theirs)) && !strcmp(ours, theirs);
}

/* Makes an image of what was opened, if it was and is of the same build. */
static struct image *image_of_build(const struct image *image, int fd)
{
	struct image *debug = fd < 0 ? NULL : image_open_fd(fd);

	if (debug && is_same_build(image, debug))
		return debug;
	image_close(debug);
	return NULL;
}

static struct image *by_build_id(const struct image *image, const char *root)
{
	char id[IMAGE_BUILD_ID_TEXT], path[PATH_SIZE];
	struct image *debug;

	if (image_build_id(image, id, sizeof(id)) || strlen(id) < 3)
		return NULL;
	snprintf(path, sizeof(path), DEBUG_ROOT "/.build-id/%.2s/%s.debug", id, id + 2);
	debug = image_of_build(image, open_in_root(root, path));
	if (!debug && strcmp(root, "/") != 0)
		debug = image_of_build(image, open_in_root("/", path));
	return debug;
}

/* Tells the checksum of the file's bytes, as .gnu_debuglink has it: CRC-32 as in zlib. */
static bool checksum(int fd, uint32_t *sum)
{
	uint8_t bytes[READ_SIZE];
	struct stat st;
	off_t at = 0;
	ssize_t size;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size > LINK_MAX)
		return false;
	*sum = (uint32_t)crc32(0, NULL, 0);
	while ((size = pread(fd, bytes, sizeof(bytes), at)) > 0) {
		*sum = (uint32_t)crc32(*sum, bytes, (uInt)size);
		at += size;
	}
	return !size;
}

static struct image *linked_at(const char *root, const char *path, uint32_t sum)
{
	int fd = open_in_root(root, path);
	uint32_t its;

	if (fd >= 0 && checksum(fd, &its) && its == sum)
		return image_open_fd(fd);
	if (fd >= 0)
		close(fd);
	return NULL;
}

/* Looks where GDB does: beside the file, in .debug there, in the tree of debug files. */
static struct image *by_link(const struct image *image, const struct debug_place *place)
{
	static const struct {
		const char *before, *after;
	} places[] = {{"", "/"}, {"", "/.debug/"}, {DEBUG_ROOT, "/"}};
	GElf_Word sum;
	const char *name = dwelf_elf_gnu_debuglink(image_elf(image), &sum);
	const char *end = place->path ? strrchr(place->path, '/') : NULL;
	char path[PATH_SIZE];
	struct image *debug = NULL;

	if (!name || !*name || strchr(name, '/') || !end)
		return NULL;
	for (size_t i = 0; !debug && i < sizeof(places) / sizeof(places[0]); i++) {
		int length = snprintf(path, sizeof(path), "%s%.*s%s%s", places[i].before,
				      (int)(end - place->path), place->path, places[i].after, name);

		if (length > 0 && (size_t)length < sizeof(path))
			debug = linked_at(place->root, path, sum);
	}
	return debug;
}

/* Unpacks to memory that grows as needed: the size is not told, and may be a lie. */
static uint8_t *unpack(const struct image_section *packed, size_t *size)
{
	lzma_stream stream = LZMA_STREAM_INIT;
	lzma_ret result = lzma_stream_decoder(&stream, MINI_ROOM, 0);
	uint8_t *bytes = NULL, *bigger;
	size_t room = 0;

	stream.next_in = packed->data;
	stream.avail_in = packed->size;
	while (result == LZMA_OK && room < MINI_MAX) {
		room = room ? 2 * room : 16 * packed->size;
		room = room < MINI_MAX ? room : MINI_MAX;
		bigger = realloc(bytes, room);
		if (!bigger)
			break;
		bytes = bigger;
		stream.next_out = bytes + stream.total_out;
		stream.avail_out = room - stream.total_out;
		result = lzma_code(&stream, LZMA_FINISH);
	}
	*size = stream.total_out;
	lzma_end(&stream);
	if (result == LZMA_STREAM_END && *size)
		return bytes;
	free(bytes);
	return NULL;
}

static struct image *mini_debug(const struct image *image)
{
	struct image_section packed;
	uint8_t *bytes;
	size_t size;

	if (!image_section_named(image, ".gnu_debugdata", &packed) ||
	    !image_section_read(image, &packed))
		return NULL;
	bytes = unpack(&packed, &size);
	return bytes ? image_open_memory(bytes, size) : NULL;
}

static struct image *by_debuginfod(const struct image *image)
{
	char id[IMAGE_BUILD_ID_TEXT];

	if (image_build_id(image, id, sizeof(id)))
		return NULL;
	return image_of_build(image, fetch_debug_file(id));
}

void debug_files_open(const struct image *image, const struct debug_place *place,
		      struct debug_files *files)
{
	*files = (struct debug_files){.mini = mini_debug(image)};
	if (place->root) {
		files->by_build_id = by_build_id(image, place->root);
		files->by_link = by_link(image, place);
	}
	if (place->ask_debuginfod && !files->by_build_id)
		files->by_debuginfod = by_debuginfod(image);
}

void debug_files_close(struct debug_files *files)
{
	image_close(files->by_build_id);
	image_close(files->by_link);
	image_close(files->mini);
	image_close(files->by_debuginfod);
	*files = (struct debug_files){0};
}
