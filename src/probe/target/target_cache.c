/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Caches resolved probe points by file contents, so one build in many containers
 * is analysed once. */
#include "probe/target/target_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_SIZE 32768

struct entry {
	struct entry *next;
	int fd, library_fd; /* -1: it has none */
	struct target target;
};

struct target_cache {
	struct entry *first;
};

struct target_cache *target_cache_new(void)
{
	return calloc(1, sizeof(struct target_cache));
}

static void entry_close(const struct entry *entry)
{
	if (entry->fd >= 0)
		close(entry->fd);
	if (entry->library_fd >= 0)
		close(entry->library_fd);
}

void target_cache_free(struct target_cache *cache)
{
	struct entry *entry = cache ? cache->first : NULL, *next;

	for (; entry; entry = next) {
		next = entry->next;
		entry_close(entry);
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

static bool is_of(const struct entry *entry, const struct daemon_file *file)
{
	if (entry->target.points.file != file->file ||
	    strcmp(entry->target.name, file->name) != 0 ||
	    (entry->library_fd < 0) != (file->library_fd < 0))
		return false;
	return files_are_equal(entry->fd, file->fd) &&
	       (file->library_fd < 0 || files_are_equal(entry->library_fd, file->library_fd));
}

struct target *target_cache_get(const struct target_cache *cache, const struct daemon_file *file)
{
	for (struct entry *entry = cache->first; entry; entry = entry->next)
		if (is_of(entry, file))
			return &entry->target;
	return NULL;
}

/* Returns whether all that the file has is held open, in place of what was. */
static bool entry_hold(struct entry *entry, const struct daemon_file *file)
{
	int fd = fcntl(file->fd, F_DUPFD_CLOEXEC, 0);
	int library_fd = file->library_fd < 0 ? -1 : fcntl(file->library_fd, F_DUPFD_CLOEXEC, 0);

	if (fd < 0 || (library_fd < 0) != (file->library_fd < 0)) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	entry_close(entry);
	entry->fd = fd;
	entry->library_fd = library_fd;
	return true;
}

struct target *target_cache_put(struct target_cache *cache, const struct daemon_file *file,
				const struct target *target)
{
	struct entry *entry = malloc(sizeof(*entry));

	if (!entry)
		return NULL;
	*entry =
		(struct entry){.next = cache->first, .fd = -1, .library_fd = -1, .target = *target};
	if (!entry_hold(entry, file)) {
		free(entry);
		return NULL;
	}
	cache->first = entry;
	return &entry->target;
}

void target_cache_hold(struct target_cache *cache, const struct daemon_file *file, uint16_t number)
{
	for (struct entry *entry = cache->first; number && entry; entry = entry->next)
		if (entry->target.number == number &&
		    (entry->library_fd < 0) == (file->library_fd < 0))
			entry_hold(entry, file);
}

void target_cache_drop(struct target_cache *cache, uint16_t number)
{
	struct entry **place = &cache->first, *entry;

	while ((entry = *place)) {
		if (entry->target.number != number) {
			place = &entry->next;
			continue;
		}
		*place = entry->next;
		entry_close(entry);
		free(entry);
	}
}
