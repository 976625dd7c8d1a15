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
#include "probe/host/identity.h"
#include "probe/host/installed.h"
#include "probe/host/pid_namespace.h"
#include "probe/host/unseen.h"
#include "sandbox/privileges.h"

#define PATH_SIZE 96
#define MAPS_READ 4096 /* that the kernel gives at once: stdio would ask for a fourth of it */

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

/* Tells which program the process runs, as its root has it. Returns whether that is known. */
static bool exe_read(pid_t pid, char *exe, size_t size)
{
	char path[PATH_SIZE];
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	length = readlink(path, exe, size - 1);
	exe[length > 0 ? length : 0] = '\0';
	return length > 0;
}

/* Reads one line of /proc/PID/maps; returns whether it is the code of a file that is probed. */
static bool mapping_parse(const char *line, pid_t pid, struct found *found)
{
	unsigned long long start, end;
	char perms[5];
	const char *path = strchr(line, '/');

	if (!path)
		return false;
	snprintf(found->path, sizeof(found->path), "%.*s", (int)strcspn(path, " \n"), path);
	found->file = 0;
	while (found->file < PROBE_FILES && !file_is_named(found->path, found->file))
		found->file++;
	if (found->file == PROBE_FILES || sscanf(line, "%llx-%llx %4s", &start, &end, perms) != 3 ||
	    strcmp(perms, "r-xp"))
		return false;
	found->pid = pid;
	found->is_guess = false;
	snprintf(found->open, sizeof(found->open), "/proc/%d/map_files/%llx-%llx", pid, start, end);
	return true;
}

/* What the process has mapped of each kind of file; "" where none. */
struct process {
	struct found mapping[PROBE_FILES];
};

/* An emulator of another name, as when it was renamed, has the domain's UUID on its command line.
 */
static void emulator_read(pid_t pid, struct found *emulator)
{
	uint8_t uuid[MT_UUID];

	if (!guest_uuid(pid, uuid) || !exe_read(pid, emulator->path, sizeof(emulator->path)))
		return;
	emulator->file = PROBE_QEMU;
	emulator->pid = pid;
	emulator->is_guess = true;
	snprintf(emulator->open, sizeof(emulator->open), "/proc/%d/exe", pid);
}

static bool has_any(const struct process *process)
{
	bool any = false;

	for (int file = 0; file < PROBE_FILES; file++)
		any |= process->mapping[file].open[0] != '\0';
	return any;
}

static void process_read(struct daemons *daemons, pid_t pid, struct process *process)
{
	char path[PATH_SIZE], *line = NULL;
	struct found mapping;
	size_t size = 0;
	FILE *maps;

	for (int file = 0; file < PROBE_FILES; file++)
		process->mapping[file].open[0] = '\0';
	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	maps = fopen(path, "re");
	if (!maps) {
		process_unseen(daemons, pid, errno);
		return;
	}
	setvbuf(maps, NULL, _IOFBF, MAPS_READ);
	while (getline(&line, &size, maps) > 0)
		if (mapping_parse(line, pid, &mapping))
			process->mapping[mapping.file] = mapping;
	free(line);
	fclose(maps);
	if (!has_any(process))
		emulator_read(pid, &process->mapping[PROBE_QEMU]);
}

static void mapping_add(struct daemons *daemons, const struct found *mapping)
{
	if (mapping->open[0])
		file_add(daemons, mapping);
}

/* Of a driver that is new, keeps which library it runs with. */
static void driver_add(struct daemons *daemons, const struct process *process)
{
	size_t before = daemons->file_count;

	mapping_add(daemons, &process->mapping[PROBE_DRIVER]);
	if (daemons->file_count > before)
		daemons->files[before].library_fd =
			open(process->mapping[PROBE_LIBRARY].open, O_RDONLY | O_CLOEXEC);
}

/* Adds a process that maps the driver, and its files. */
static void daemon_add(struct daemons *daemons, pid_t pid, const struct process *process)
{
	if (daemons->pid_count == DAEMONS_MAX) {
		daemons->is_full = true;
		return;
	}
	if (!daemons->netns)
		daemons->netns = namespace_of(daemons, pid, "net");
	daemons->pids[daemons->pid_count++] = pid;
	mapping_add(daemons, &process->mapping[PROBE_LIBRARY]);
	driver_add(daemons, process);
	installed_add_qemus(daemons, pid);
}

/* It passes the calls of other hosts on to a daemon, and runs the library alone. */
static bool is_proxy(pid_t pid)
{
	static const char name[] = "/virtproxyd";
	char exe[DAEMON_PATH];
	const char *slash = exe_read(pid, exe, sizeof(exe)) ? strrchr(exe, '/') : NULL;

	return slash && !strncmp(slash, name, strlen(name)); /* it may be " (deleted)" */
}

/* Whether the process, which was read, runs a file that is probed beside the daemons' own. */
static bool is_beside(const struct process *process, pid_t pid)
{
	return process->mapping[PROBE_QEMU].open[0] ||
	       (process->mapping[PROBE_LIBRARY].open[0] && is_proxy(pid));
}

/* A walk through all processes. */
struct walk {
	struct daemons *daemons;
	const struct host_filter *filter;
	bool any;      /* is of the host */
	pid_t *guests; /* that may be QEMUs or proxies of the host: by its daemons it is known later
			*/
	size_t guest_count, guest_room;
	struct process process; /* that was read last */
};

static int guest_note(struct walk *walk, pid_t pid)
{
	size_t room = walk->guest_room ? 2 * walk->guest_room : 64;
	pid_t *guests = walk->guests;

	if (walk->guest_count == walk->guest_room) {
		guests = realloc(guests, room * sizeof(*guests));
		if (!guests)
			return -ENOMEM;
		walk->guests = guests;
		walk->guest_room = room;
	}
	guests[walk->guest_count++] = pid;
	return 0;
}

/* Whether a guest of the host can be one that the filter does not fit. */
static bool guests_are_elsewhere(const struct host_filter *filter)
{
	return filter->kind == MT_FILTER_TGID || filter->kind == MT_FILTER_MNTNS;
}

static int process_visit(struct walk *walk, pid_t pid)
{
	bool may_be_guest = guests_are_elsewhere(walk->filter);

	if (is_of_host(walk->daemons, pid, walk->filter)) {
		walk->any = true;
		process_read(walk->daemons, pid, &walk->process);
		if (walk->process.mapping[PROBE_DRIVER].open[0])
			daemon_add(walk->daemons, pid, &walk->process);
		may_be_guest |= is_beside(&walk->process, pid);
	}
	return may_be_guest ? guest_note(walk, pid) : 0;
}

static int processes_walk(struct walk *walk)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	int err = 0;

	if (!proc)
		return -errno;
	while (!err && (entry = readdir(proc))) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (pid > 0)
			err = process_visit(walk, pid);
	}
	closedir(proc);
	return err;
}

/*
 * Adds the files that guests of the host run, which may be others than are installed by now, and
 * the libraries that its proxies run.
 */
static void guests_add(struct walk *walk)
{
	struct daemons *daemons = walk->daemons;

	for (size_t i = 0; i < walk->guest_count; i++) {
		pid_t pid = walk->guests[i];

		if (walk->filter->kind != MT_FILTER_NONE &&
		    namespace_of(daemons, pid, "net") != daemons->netns)
			continue;
		process_read(daemons, pid, &walk->process);
		mapping_add(daemons, &walk->process.mapping[PROBE_QEMU]);
		if (walk->process.mapping[PROBE_LIBRARY].open[0] && is_proxy(pid))
			mapping_add(daemons, &walk->process.mapping[PROBE_LIBRARY]);
	}
}

static int daemons_find(struct walk *walk)
{
	struct daemons *daemons = walk->daemons;
	int err = processes_walk(walk);

	if (err)
		return err;
	if (!daemons->pid_count && daemons->has_unseen)
		return -EACCES;
	if (!walk->any)
		return -ESRCH;
	if (walk->filter->kind == MT_FILTER_NONE)
		installed_add_libvirt(daemons); /* by an upgrade it is another one than runs */
	if (!daemons->pid_count && !daemons->file_count)
		return -ENOENT;
	guests_add(walk);
	return 0;
}

static int daemons_look(struct daemons *daemons, const struct host_filter *filter)
{
	struct walk *walk = calloc(1, sizeof(*walk));
	uint32_t inode;
	int err = walk ? pid_namespace_get(&inode) : -ENOMEM;

	daemons->may_see = !privileges_missing(0, false);
	daemons->asked = filter->kind == MT_FILTER_TGID ? (pid_t)filter->id : 0;
	if (!err) {
		walk->daemons = daemons;
		walk->filter = filter;
		err = daemons_find(walk);
		free(walk->guests);
	}
	free(walk);
	return err;
}

struct daemons *daemons_new(const struct host_filter *filter)
{
	struct daemons *daemons = calloc(1, sizeof(*daemons));
	int err = daemons ? daemons_look(daemons, filter) : -ENOMEM;

	if (err) {
		daemons_free(daemons);
		errno = -err;
		return NULL;
	}
	return daemons;
}
