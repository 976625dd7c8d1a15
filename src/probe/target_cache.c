/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was found in files before: the same build is in many containers, but looked into once. */
#include "probe/target_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe/image.h"

#define READ_SIZE 32768

struct entry {
	struct entry *next;
	char build_id[IMAGE_BUILD_ID_TEXT];
	int fd;
	struct points points;
};

struct target_cache {
	struct entry *first;
};

struct target_cache *target_cache_new(void)
{
	return calloc(1, sizeof(struct target_cache));
}

void target_cache_free(struct target_cache *cache)
{
	struct entry *entry = cache ? cache->first : NULL, *next;

	for (; entry; entry = next) {
		next = entry->next;
		close(entry->fd);
		free(entry);
	}
	free(cache);
}

/* What cannot be read is not the same as anything. */
static bool files_are_equal(int a, int b)
{
	uint8_t bytes_a[READ_SIZE], bytes_b[READ_SIZE];
	struct stat st_a, st_b;
	off_t at = 0;

	if (fstat(a, &st_a) || fstat(b, &st_b) || st_a.st_size != st_b.st_size)
		return false;
	while (at < st_a.st_size) {
		ssize_t size = pread(a, bytes_a, sizeof(bytes_a), at);

		if (size <= 0 || pread(b, bytes_b, (size_t)size, at) != size ||
		    memcmp(bytes_a, bytes_b, (size_t)size) != 0)
			return false;
		at += size;
	}
	return true;
}

const struct points *target_cache_get(const struct target_cache *cache, const char *build_id,
				      int fd)
{
	for (const struct entry *entry = cache->first; entry; entry = entry->next)
		if (!strcmp(entry->build_id, build_id) && files_are_equal(entry->fd, fd))
			return &entry->points;
	return NULL;
}

void target_cache_put(struct target_cache *cache, const char *build_id, int fd,
		      const struct points *points)
{
	struct entry *entry = malloc(sizeof(*entry));

	if (!entry)
		return;
	entry->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (entry->fd < 0) {
		free(entry);
		return;
	}
	strcpy(entry->build_id, build_id);
	entry->points = *points;
	entry->next = cache->first;
	cache->first = entry;
}
