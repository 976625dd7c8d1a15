/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who a process is: the host that a daemon takes itself for, the domain that a QEMU runs. */
#include "probe/identity.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uuid/uuid.h>

#include "probe/host_name.h"

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
static FILE *regular_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	FILE *file;

	if (fd < 0)
		return NULL;
	file = !fstat(fd, &st) && S_ISREG(st.st_mode) ? fdopen(fd, "r") : NULL;
	if (!file)
		close(fd);
	return file;
}

static int conf_uuid(pid_t pid, const char *name, char *hostuuid)
{
	char path[96], line[512];
	int found = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/root/etc/libvirt/%s", pid, name);
	file = regular_open(path);
	if (!file)
		return 0;
	while (!found && fgets(line, sizeof(line), file))
		found = conf_line_uuid(line, hostuuid);
	fclose(file);
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

struct daemon daemon_identify(pid_t pid)
{
	struct daemon daemon = {.pid = (uint32_t)pid};

	host_name_of(pid, daemon.host);
	if (!conf_uuid(pid, "libvirtd.conf", daemon.hostuuid) &&
	    !conf_uuid(pid, "virtqemud.conf", daemon.hostuuid))
		firmware_uuid(daemon.hostuuid);
	return daemon;
}

bool guest_uuid(pid_t pid, uint8_t uuid[16])
{
	static const char option[] = "-uuid";
	char path[32], *line = calloc(1, COMMAND_LINE_MAX + 1), *at, *end;
	bool found = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	file = line ? fopen(path, "re") : NULL;
	if (file) {
		end = line + fread(line, 1, COMMAND_LINE_MAX, file);
		at = memmem(line, (size_t)(end - line), option, sizeof(option));
		found = at && !uuid_parse(at + sizeof(option), uuid);
		fclose(file);
	}
	free(line);
	return found;
}
