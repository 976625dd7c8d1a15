/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The disks of a QEMU: the ids of their devices. */
#include "probe/host/disks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probe/host/identity.h"
#include "probe/host/option.h"
#include "sandbox/apart.h"

_Static_assert(OPTION_VALUE <= MT_DISK_ID, "an id has room");

struct ids {
	uint32_t count;
	char id[DISKS_OF_ONE][MT_DISK_ID];
};

/* A device that is a disk is of a drive, or of a node, by the same word. */
static void ids_take(const char *line, const char *end, struct ids *ids)
{
	const char *option = line;

	for (; option && ids->count < DISKS_OF_ONE; option = option_next(option, end)) {
		char id[OPTION_VALUE] = "", drive[OPTION_VALUE];

		if (option_value(option, "drive", drive) && option_value(option, "id", id) && *id)
			memcpy(ids->id[ids->count++], id, sizeof(id));
	}
}

/* Runs apart. */
static int ids_read(const void *arg, void *result)
{
	FILE *file = fdopen(*(const int *)arg, "r");
	size_t size;
	char *line = file ? command_line_read(file, &size) : NULL;

	if (!line)
		return -EIO;
	memset(result, 0, sizeof(struct ids));
	ids_take(line, line + size, result);
	free(line);
	return 0;
}

/* Whoever read them may have been taken over. */
static size_t ids_check(struct ids *ids)
{
	if (ids->count > DISKS_OF_ONE)
		return 0;
	for (size_t i = 0; i < ids->count; i++)
		if (!ids->id[i][0] || !memchr(ids->id[i], '\0', MT_DISK_ID))
			return 0;
	return ids->count;
}

size_t disks_find(pid_t pid, char found[DISKS_OF_ONE][MT_DISK_ID])
{
	struct ids ids = {0};
	size_t count = 0;
	char path[64];
	int file;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return 0;
	if (!apart_run(CONFINE_READER, ids_read, &file, &file, 1, &ids, sizeof(ids)))
		count = ids_check(&ids);
	close(file);
	memcpy(found, ids.id, sizeof(ids.id));
	return count;
}
