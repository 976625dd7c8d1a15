/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The network interfaces of a QEMU on its host: which taps it has open, and for which addresses. */
#include "probe/host/taps.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/event/ethernet.h"
#include "probe/host/identity.h"
#include "probe/host/option.h"
#include "sandbox/apart.h"

/* What is looked for in the command line. */
struct wanted {
	int file;
	size_t count;
	int fd[TAPS_OF_ONE]; /* of each interface, in QEMU */
};

struct addresses {
	bool is_known[TAPS_OF_ONE];
	uint8_t address[TAPS_OF_ONE][MT_ETHERNET];
};

/* With more than one queue an interface has as many, as 30:31. */
static bool has_fd(const char *option, int fd)
{
	char value[OPTION_VALUE], *at = value, *one;

	if (!option_value(option, "fd", value) && !option_value(option, "fds", value))
		return false;
	while ((one = strsep(&at, ":")))
		if (*one && atoi(one) == fd)
			return true;
	return false;
}

/* The card that is on what has the file descriptor. */
static bool address_of(const char *line, const char *end, int fd, uint8_t address[MT_ETHERNET])
{
	char id[OPTION_VALUE], of[OPTION_VALUE], mac[OPTION_VALUE];
	const char *option = line;

	while (option && !(has_fd(option, fd) && option_value(option, "id", id)))
		option = option_next(option, end);
	if (!option)
		return false;
	for (option = line; option; option = option_next(option, end))
		if (option_value(option, "netdev", of) && !strcmp(of, id) &&
		    option_value(option, "mac", mac))
			return ethernet_parse(mac, address);
	return false;
}

/* Runs apart. */
static int addresses_read(const void *arg, void *result)
{
	const struct wanted *wanted = arg;
	struct addresses *addresses = result;
	FILE *file = fdopen(wanted->file, "r");
	size_t size;
	char *line = file ? command_line_read(file, &size) : NULL;

	if (!line)
		return -EIO;
	for (size_t i = 0; i < wanted->count; i++)
		addresses->is_known[i] =
			address_of(line, line + size, wanted->fd[i], addresses->address[i]);
	free(line);
	return 0;
}

/* Of /dev/net/tun the interface's name is beside it. */
static bool name_read(pid_t pid, const char *fd, char name[MT_TAP_NAME])
{
	char path[300], line[64];
	bool found = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%s", pid, fd);
	file = fopen(path, "re");
	while (file && !found && fgets(line, sizeof(line), file))
		found = sscanf(line, "iff: %15s", name) == 1;
	if (file)
		fclose(file);
	return found;
}

/* A macvtap is a file of its own, by its index. Returns whether it is an interface at all. */
static bool tap_read(pid_t pid, const char *fd, struct mt_tap *tap)
{
	char path[300], to[64];
	ssize_t len;

	*tap = (struct mt_tap){.reserved = 0};
	snprintf(path, sizeof(path), "/proc/%d/fd/%s", pid, fd);
	len = readlink(path, to, sizeof(to) - 1);
	if (len < 0)
		return false;
	to[len] = '\0';
	if (!strcmp(to, "/dev/net/tun"))
		return name_read(pid, fd, tap->name);
	return sscanf(to, "/dev/tap%u", &tap->ifindex) == 1 && tap->ifindex;
}

/* Its queues are files of one interface. */
static bool is_there(const struct mt_tap *taps, size_t count, const struct mt_tap *tap)
{
	for (size_t i = 0; i < count; i++)
		if (!memcmp(taps[i].name, tap->name, MT_TAP_NAME) &&
		    taps[i].ifindex == tap->ifindex)
			return true;
	return false;
}

static size_t taps_open(pid_t pid, struct mt_tap *taps, struct wanted *wanted)
{
	char path[64];
	struct dirent *entry;
	DIR *files;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	files = opendir(path);
	while (files && wanted->count < TAPS_OF_ONE && (entry = readdir(files))) {
		struct mt_tap tap;

		if (!tap_read(pid, entry->d_name, &tap) || is_there(taps, wanted->count, &tap))
			continue;
		wanted->fd[wanted->count] = atoi(entry->d_name);
		taps[wanted->count++] = tap;
	}
	if (files)
		closedir(files);
	return wanted->count;
}

static uint32_t netns_of(pid_t pid)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
	return stat(path, &st) ? 0 : (uint32_t)st.st_ino;
}

/* Drops those whose guest's address is not known: nothing can be said of their frames. */
static size_t addresses_set(pid_t pid, struct mt_tap *taps, const struct addresses *addresses,
			    size_t count)
{
	size_t known = 0;

	for (size_t i = 0; i < count; i++) {
		if (!addresses->is_known[i])
			continue;
		taps[known] = taps[i];
		taps[known].netns = netns_of(pid);
		memcpy(taps[known++].address, addresses->address[i], MT_ETHERNET);
	}
	return known;
}

size_t taps_find(pid_t pid, struct mt_tap taps[TAPS_OF_ONE])
{
	struct wanted wanted = {.file = -1};
	struct addresses addresses;
	size_t known = 0;
	char path[64];

	if (!taps_open(pid, taps, &wanted))
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	wanted.file = open(path, O_RDONLY | O_CLOEXEC);
	if (wanted.file < 0)
		return 0;
	if (!apart_run(CONFINE_READER, addresses_read, &wanted, &wanted.file, 1, &addresses,
		       sizeof(addresses)))
		known = addresses_set(pid, taps, &addresses, wanted.count);
	close(wanted.file);
	return known;
}
