/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The libvirt daemons that run here: which processes they are, and which files they map. */
#include "probe/daemons.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define PATH_SIZE 64 /* of /proc/PID/map_files/RANGE */

/* Returns whether the process is of the filter's host; one that has just ended is not. */
static bool is_of_host(pid_t pid, const struct host_filter *filter)
{
	struct stat st;
	char path[64];

	if (filter->kind == MT_FILTER_NONE)
		return true;
	if (filter->kind == MT_FILTER_TGID)
		return pid == (pid_t)filter->id;
	snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid,
		 filter->kind == MT_FILTER_NETNS ? "net" : "mnt");
	return stat(path, &st) == 0 && st.st_ino == filter->id;
}

/* A file that cannot be opened any more has gone with its daemon: that is no error. */
static int file_add(struct daemons *daemons, const struct daemon_file *file, const char *path)
{
	int fd;

	for (size_t i = 0; i < daemons->file_count; i++)
		if (daemons->files[i].ino == file->ino && daemons->files[i].dev == file->dev)
			return 0;
	if (daemons->file_count == DAEMONS_MAX)
		return -E2BIG;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	daemons->files[daemons->file_count] = *file;
	daemons->files[daemons->file_count++].fd = fd;
	return 0;
}

/* Reads one line of /proc/PID/maps; returns whether it is the code of a file that is probed. */
static bool map_parse(const char *line, pid_t pid, struct daemon_file *file, char *path)
{
	unsigned long long start, end, ino;
	unsigned int major, minor;
	char perms[5];
	const char *name = strrchr(line, '/');

	if (!name || sscanf(line, "%llx-%llx %4s %*x %x:%x %llu", &start, &end, perms, &major,
			    &minor, &ino) != 6)
		return false;
	if (strcmp(perms, "r-xp"))
		return false;
	for (enum probe_file f = 0; f < PROBE_FILES; f++) {
		const char *wanted = probe_file_name(f);

		if (strncmp(name + 1, wanted, strlen(wanted)))
			continue;
		*file = (struct daemon_file){.dev = makedev(major, minor), .ino = ino, .file = f};
		snprintf(file->name, sizeof(file->name), "%.*s", (int)strcspn(name + 1, " \n"),
			 name + 1);
		snprintf(path, PATH_SIZE, "/proc/%d/map_files/%llx-%llx", pid, start, end);
		return true;
	}
	return false;
}

/* Adds the process if it maps the driver. Returns 0, also if it does not, or -errno. */
static int daemon_add(struct daemons *daemons, pid_t pid)
{
	char path[PATH_SIZE], paths[PROBE_FILES][PATH_SIZE], *line = NULL;
	struct daemon_file found[PROBE_FILES] = {0}, file;
	bool seen[PROBE_FILES] = {0};
	size_t size = 0;
	FILE *maps;
	int err = 0;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	maps = fopen(path, "re");
	if (!maps)
		return 0;
	while (getline(&line, &size, maps) > 0) {
		if (!map_parse(line, pid, &file, path))
			continue;
		found[file.file] = file;
		memcpy(paths[file.file], path, sizeof(path));
		seen[file.file] = true;
	}
	free(line);
	fclose(maps);
	if (!seen[PROBE_DRIVER])
		return 0;
	if (daemons->pid_count == DAEMONS_MAX)
		return -E2BIG;
	daemons->pids[daemons->pid_count++] = pid;
	for (enum probe_file f = 0; f < PROBE_FILES && !err; f++)
		if (seen[f])
			err = file_add(daemons, &found[f], paths[f]);
	return err;
}

static int daemons_find(const struct host_filter *filter, struct daemons *daemons)
{
	struct dirent *entry;
	bool any = false;
	DIR *proc;
	int err = 0;

	proc = opendir("/proc");
	if (!proc)
		return -errno;
	while (!err && (entry = readdir(proc))) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (pid <= 0 || !is_of_host(pid, filter))
			continue;
		any = true;
		err = daemon_add(daemons, pid);
	}
	closedir(proc);
	if (err)
		return err;
	if (!any)
		return -ESRCH;
	return daemons->file_count ? 0 : -ENOENT;
}

void daemons_complain(int err, const struct host_filter *host)
{
	static const char *const what[] = {
		[MT_FILTER_NONE] = "on this machine",
		[MT_FILTER_TGID] = "with that process id",
		[MT_FILTER_NETNS] = "in that network namespace",
		[MT_FILTER_MNTNS] = "in that mount namespace",
	};

	if (err == ESRCH)
		fprintf(stderr, "migtrace: there is no process %s\n", what[host->kind]);
	else if (err == ENOENT && host->kind == MT_FILTER_TGID)
		fprintf(stderr, "migtrace: process %u is no libvirt daemon with a QEMU driver\n",
			host->id);
	else if (err == ENOENT)
		fprintf(stderr, "migtrace: no libvirt daemon (libvirtd, virtqemud) runs %s\n",
			what[host->kind]);
	else
		fprintf(stderr, "migtrace: cannot look for daemons: %s\n", strerror(err));
}

struct daemons *daemons_new(const struct host_filter *filter)
{
	struct daemons *daemons = calloc(1, sizeof(*daemons));
	int err = daemons ? daemons_find(filter, daemons) : -ENOMEM;

	if (err) {
		daemons_free(daemons);
		errno = -err;
		return NULL;
	}
	return daemons;
}

void daemons_free(struct daemons *daemons)
{
	if (!daemons)
		return;
	for (size_t i = 0; i < daemons->file_count; i++)
		close(daemons->files[i].fd);
	free(daemons);
}

const char *daemon_file_path(const struct daemon_file *file, char path[DAEMON_FILE_PATH])
{
	snprintf(path, DAEMON_FILE_PATH, "/proc/self/fd/%d", file->fd);
	return path;
}
