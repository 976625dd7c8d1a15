/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who a process is: the host that a daemon takes itself for, the domain that a QEMU runs. */
#include "probe/host/identity.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uuid/uuid.h>

#include "probe/host/host_name.h"
#include "sandbox/apart.h"

#define COMMAND_LINE_MAX 65536 /* bytes that are looked at */

/* Returns whether the line of libvirtd.conf or virtqemud.conf is host_uuid = "...". */
static int conf_line_uuid(const char *line, char *hostuuid)
{
	uuid_t uuid;

	while (isspace((unsigned char)*line))
		line++;
	if (sscanf(line, "host_uuid = \"%36[0-9a-fA-F-]\"", hostuuid) == 1 &&
	    !uuid_parse(hostuuid, uuid))
		return 1;
	hostuuid[0] = '\0';
	return 0;
}

/* The path is in another root: what is there may be anything, and must not block us. */
static int conf_open(pid_t pid, const char *name)
{
	char path[96];
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/root/etc/libvirt/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || (!fstat(fd, &st) && S_ISREG(st.st_mode)))
		return fd;
	close(fd);
	return -1;
}

/* Runs apart: the host's UUID as text, if the file that arg is open on has it. */
static int conf_read(const void *arg, void *result)
{
	FILE *file = fdopen(*(const int *)arg, "r");
	char line[512];

	while (file && fgets(line, sizeof(line), file))
		if (conf_line_uuid(line, result))
			return 0;
	return -ENOENT;
}

static bool conf_uuid(pid_t pid, const char *name, char hostuuid[UUID_TEXT])
{
	int fd = conf_open(pid, name);
	char text[UUID_TEXT];
	uuid_t uuid;
	bool found;

	if (fd < 0)
		return false;
	found = !apart_run(CONFINE_READER, conf_read, &fd, &fd, 1, text, sizeof(text)) &&
		memchr(text, '\0', sizeof(text)) && !uuid_parse(text, uuid);
	close(fd);
	if (found)
		strcpy(hostuuid, text);
	return found;
}

/* libvirt takes the firmware's where none is configured (virhostuuid.c). */
static void firmware_uuid(char *hostuuid)
{
	FILE *file = fopen("/sys/class/dmi/id/product_uuid", "re");
	uuid_t uuid;

	if (!file)
		return;
	if (fscanf(file, "%36s", hostuuid) != 1 || uuid_parse(hostuuid, uuid))
		hostuuid[0] = '\0';
	else
		uuid_unparse_lower(uuid, hostuuid);
	fclose(file);
}

struct daemon daemon_identify(struct host_names *names, pid_t pid)
{
	struct daemon daemon = {.pid = (uint32_t)pid};

	host_name_of(names, pid, daemon.host);
	if (!conf_uuid(pid, "libvirtd.conf", daemon.hostuuid) &&
	    !conf_uuid(pid, "virtqemud.conf", daemon.hostuuid))
		firmware_uuid(daemon.hostuuid);
	return daemon;
}

char *command_line_read(FILE *file, size_t *size)
{
	char *line = calloc(1, COMMAND_LINE_MAX + 1);

	*size = line ? fread(line, 1, COMMAND_LINE_MAX, file) : 0;
	return line;
}

bool guest_uuid(pid_t pid, uint8_t uuid[16])
{
	static const char option[] = "-uuid";
	char path[32], *line = NULL, *at;
	bool found = false;
	FILE *file;
	size_t size;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	file = fopen(path, "re");
	if (file) {
		line = command_line_read(file, &size);
		at = memmem(line, size, option, sizeof(option));
		found = at && !uuid_parse(at + sizeof(option), uuid);
		fclose(file);
	}
	free(line);
	return found;
}
