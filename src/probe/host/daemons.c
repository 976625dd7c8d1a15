/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The libvirt daemons that run here: which processes they are, and which files are to be probed. */
#include "probe/host/daemons.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe/host/daemon_files.h"
#include "probe/host/installed.h"
#include "probe/host/pid_namespace.h"
#include "probe/host/unseen.h"
#include "sandbox/privileges.h"

#define PATH_SIZE 96

static bool is_of_host(struct daemons *daemons, pid_t pid, const struct host_filter *filter)
{
	switch (filter->kind) {
	case MT_FILTER_TGID:
		return pid == (pid_t)filter->id;
	case MT_FILTER_NETNS:
		return namespace_of(daemons, pid, "net") == filter->id;
	case MT_FILTER_MNTNS:
		return namespace_of(daemons, pid, "mnt") == filter->id;
	default:
		return true;
	}
}

/* Reads one line of /proc/PID/maps; returns whether it is the code of a file that is probed. */
static bool mapping_parse(const char *line, pid_t pid, struct found *found)
{
	unsigned long long start, end;
	char perms[5];
	const char *path = strchr(line, '/');

	if (!path || sscanf(line, "%llx-%llx %4s", &start, &end, perms) != 3 ||
	    strcmp(perms, "r-xp"))
		return false;
	found->pid = pid;
	snprintf(found->open, sizeof(found->open), "/proc/%d/map_files/%llx-%llx", pid, start, end);
	snprintf(found->path, sizeof(found->path), "%.*s", (int)strcspn(path, " \n"), path);
	for (enum probe_file file = 0; file < PROBE_FILES; file++) {
		found->file = file;
		if (file_is_named(found->path, file))
			return true;
	}
	return false;
}

/* What the process has mapped of each kind of file; "" where none. */
struct process {
	struct found mapping[PROBE_FILES];
};

static void process_read(struct daemons *daemons, pid_t pid, struct process *process)
{
	char path[PATH_SIZE], *line = NULL;
	struct found mapping;
	size_t size = 0;
	FILE *maps;

	memset(process, 0, sizeof(*process));
	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	maps = fopen(path, "re");
	if (!maps) {
		process_unseen(daemons, pid, errno);
		return;
	}
	while (getline(&line, &size, maps) > 0)
		if (mapping_parse(line, pid, &mapping))
			process->mapping[mapping.file] = mapping;
	free(line);
	fclose(maps);
}

static int mapping_add(struct daemons *daemons, const struct found *mapping)
{
	return mapping->open[0] ? file_add(daemons, mapping) : 0;
}

/* Of a driver that is new, keeps which library it runs with. */
static int driver_add(struct daemons *daemons, const struct process *process)
{
	size_t before = daemons->file_count;
	int err = mapping_add(daemons, &process->mapping[PROBE_DRIVER]);

	if (!err && daemons->file_count > before)
		daemons->files[before].library_fd =
			open(process->mapping[PROBE_LIBRARY].open, O_RDONLY | O_CLOEXEC);
	return err;
}

/* Adds the process if it maps the driver. Returns 0, also if it does not, or -errno. */
static int daemon_add(struct daemons *daemons, pid_t pid)
{
	struct process process;
	int err;

	process_read(daemons, pid, &process);
	if (!process.mapping[PROBE_DRIVER].open[0])
		return 0;
	if (daemons->pid_count == DAEMONS_MAX)
		return -E2BIG;
	if (!daemons->netns)
		daemons->netns = namespace_of(daemons, pid, "net");
	daemons->pids[daemons->pid_count++] = pid;
	err = mapping_add(daemons, &process.mapping[PROBE_LIBRARY]);
	if (!err)
		err = driver_add(daemons, &process);
	return err ? err : installed_add_qemus(daemons, pid);
}

/* Adds the file that a guest of the host runs, which may be another than is installed by now. */
static int guest_add(struct daemons *daemons, pid_t pid, const struct host_filter *filter)
{
	struct process process;

	if (filter->kind != MT_FILTER_NONE && namespace_of(daemons, pid, "net") != daemons->netns)
		return 0;
	process_read(daemons, pid, &process);
	return mapping_add(daemons, &process.mapping[PROBE_QEMU]);
}

static int processes_walk(struct daemons *daemons, const struct host_filter *filter,
			  bool want_guests, bool *any)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	int err = 0;

	if (!proc)
		return -errno;
	while (!err && (entry = readdir(proc))) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (pid <= 0)
			continue;
		if (want_guests) {
			err = guest_add(daemons, pid, filter);
		} else if (is_of_host(daemons, pid, filter)) {
			*any = true;
			err = daemon_add(daemons, pid);
		}
	}
	closedir(proc);
	return err;
}

static int daemons_find(const struct host_filter *filter, struct daemons *daemons)
{
	bool any = false;
	uint32_t inode;
	int err = pid_namespace_get(&inode);

	if (err)
		return err;
	daemons->may_see = !privileges_missing(0, false);
	daemons->asked = filter->kind == MT_FILTER_TGID ? (pid_t)filter->id : 0;
	err = processes_walk(daemons, filter, false, &any);
	if (err)
		return err;
	if (!daemons->pid_count && daemons->has_unseen)
		return -EACCES;
	if (!any)
		return -ESRCH;
	if (!daemons->pid_count && filter->kind == MT_FILTER_NONE)
		err = installed_add_libvirt(daemons);
	if (!err && !daemons->pid_count && !daemons->file_count)
		err = -ENOENT;
	return err ? err : processes_walk(daemons, filter, true, &any);
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
