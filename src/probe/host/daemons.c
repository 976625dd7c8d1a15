/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The libvirt daemons that run here: which processes they are, and which files are to be probed. */
#include "probe/host/daemons.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/diag.h"
#include "sandbox/privileges.h"
#include "sandbox/user_file.h"

#define PATH_SIZE 96

/* Where distributions have QEMU: so it is probed before the first guest is started. */
static const char *const qemu_paths[] = {
	"/usr/bin/qemu-system-x86_64",
	"/usr/libexec/qemu-kvm",
	"/usr/bin/qemu-kvm",
};

static bool is_refusal(int err)
{
	return err == EACCES || err == EPERM;
}

/* Returns whether it is named like one that matters: what anyone may see of a process. */
static bool comm_matters(pid_t pid)
{
	static const char *const names[] = {"libvirtd", "virtqemud", "qemu-"};
	char path[PATH_SIZE], comm[MT_COMM + 1] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	file = fopen(path, "re");
	if (!file)
		return false; /* it has ended, for which it may be refused, too */
	if (!fgets(comm, sizeof(comm), file))
		comm[0] = '\0';
	fclose(file);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strncmp(comm, names[i], strlen(names[i])))
			return true;
	return false;
}

/* Notes that we may not look at a process: some are closed even to those who may see all others. */
static void process_unseen(struct daemons *daemons, pid_t pid, int err)
{
	if (is_refusal(err) && (!daemons->may_see || pid == daemons->asked || comm_matters(pid)))
		daemons->has_unseen = true;
}

/* Returns the inode number of the process's namespace, 0 if it has ended or may not be seen. */
static uint32_t namespace_of(struct daemons *daemons, pid_t pid, const char *kind)
{
	struct stat st;
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, kind);
	if (!stat(path, &st))
		return (uint32_t)st.st_ino;
	process_unseen(daemons, pid, errno);
	return 0;
}

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

/* A file that a process has mapped, or may run. */
struct found {
	enum probe_file file;
	pid_t pid;	     /* 0: it was named, and is in our own root */
	char open[PATH_MAX]; /* /proc/PID/map_files/RANGE: there also when the file was deleted */
	char path[PATH_MAX]; /* as seen from the process's root */
};

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* What the user named is opened with the user's rights. */
static int found_open(const struct found *found)
{
	const int flags = O_NONBLOCK | O_NOCTTY;

	return found->pid ? open(found->open, O_RDONLY | O_CLOEXEC | flags)
			  : user_file_open(found->open, flags);
}

/* A file that is not there any more has gone with its process: that is no error, nor a refusal. */
static int file_unopened(struct daemons *daemons, const struct found *found, int err)
{
	if (err == ENOENT || err == ESRCH)
		return 0;
	if (found->file == PROBE_QEMU)
		process_unseen(daemons, found->pid, err);
	else
		daemons->refused = -err;
	return 0;
}

/* What stands in the name of a file of any user's goes to terminals and recordings. */
static void name_set(char name[DAEMON_FILE_NAME], const char *text)
{
	size_t i = 0;

	for (; i < DAEMON_FILE_NAME - 1 && text[i]; i++)
		name[i] = text[i] > ' ' && text[i] < 0x7f ? text[i] : '?';
	name[i] = '\0';
}

static int file_add(struct daemons *daemons, const struct found *found)
{
	struct daemon_file *file = &daemons->files[daemons->file_count];
	int fd = found_open(found);
	struct stat st;

	if (fd < 0)
		return file_unopened(daemons, found, errno);
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		close(fd);
		return 0;
	}
	for (size_t i = 0; i < daemons->file_count; i++) {
		if (daemons->files[i].ino == st.st_ino && daemons->files[i].dev == st.st_dev) {
			close(fd);
			return 0;
		}
	}
	if (daemons->file_count == DAEMONS_MAX) {
		close(fd);
		return -E2BIG;
	}
	*file = (struct daemon_file){.fd = fd,
				     .dev = st.st_dev,
				     .ino = st.st_ino,
				     .file = found->file,
				     .library_fd = -1};
	name_set(file->name, base_name(found->path));
	if (strlen(found->path) < sizeof(file->path))
		strcpy(file->path, found->path);
	if (found->pid)
		snprintf(file->root, sizeof(file->root), "/proc/%d/root", found->pid);
	else
		strcpy(file->root, "/");
	daemons->file_count++;
	return 0;
}

static bool name_is(const char *name, enum probe_file file)
{
	const char *start;

	for (size_t i = 0; (start = probe_file_name(file, i)); i++)
		if (!strncmp(name, start, strlen(start)))
			return true;
	return false;
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
		if (name_is(base_name(found->path), file))
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

/* QEMUs that the daemon may start; not by way of links, which could lead out of its root. */
static int qemus_add(struct daemons *daemons, pid_t pid)
{
	struct found found = {.file = PROBE_QEMU, .pid = pid};
	struct stat st;
	int err = 0;

	for (size_t i = 0; i < sizeof(qemu_paths) / sizeof(qemu_paths[0]) && !err; i++) {
		snprintf(found.path, sizeof(found.path), "%s", qemu_paths[i]);
		snprintf(found.open, sizeof(found.open), "/proc/%d/root%s", pid, qemu_paths[i]);
		if (!lstat(found.open, &st) && S_ISREG(st.st_mode))
			err = file_add(daemons, &found);
	}
	return err;
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
	return err ? err : qemus_add(daemons, pid);
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
	int err;

	daemons->may_see = !privileges_missing(0, false);
	daemons->asked = filter->kind == MT_FILTER_TGID ? (pid_t)filter->id : 0;
	err = processes_walk(daemons, filter, false, &any);
	if (err)
		return err;
	if (!daemons->pid_count && daemons->has_unseen)
		return -EACCES;
	if (!any)
		return -ESRCH;
	if (!daemons->pid_count)
		return -ENOENT;
	return processes_walk(daemons, filter, true, &any);
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

static int path_add(struct daemons *daemons, const char *path)
{
	struct found found = {0};
	char *real = realpath(path, NULL);
	size_t before = daemons->file_count;
	int err = -EINVAL;

	if (!real)
		return -errno;
	snprintf(found.open, sizeof(found.open), "%s", path);
	snprintf(found.path, sizeof(found.path), "%s", real);
	free(real);
	for (; found.file < PROBE_FILES && err == -EINVAL; found.file++) {
		if (!name_is(base_name(path), found.file) &&
		    !name_is(base_name(found.path), found.file))
			continue;
		if (access(path, R_OK))
			return -errno;
		err = file_add(daemons, &found);
		if (!err && daemons->file_count == before)
			err = -ENOEXEC;
	}
	return err;
}

/* The definition's place is read off the library among the files, if there is just one. */
static void libraries_join(struct daemons *daemons)
{
	struct daemon_file *driver = NULL, *library = NULL;
	size_t libraries = 0;

	for (size_t i = 0; i < daemons->file_count; i++) {
		if (daemons->files[i].file == PROBE_DRIVER)
			driver = &daemons->files[i];
		if (daemons->files[i].file == PROBE_LIBRARY && ++libraries)
			library = &daemons->files[i];
	}
	if (driver && libraries == 1)
		driver->library_fd = dup(library->fd);
}

struct daemons *daemons_of_files(char *const *paths, size_t count)
{
	struct daemons *daemons = calloc(1, sizeof(*daemons));
	int err = daemons ? 0 : -ENOMEM;

	for (size_t i = 0; i < count && !err; i++)
		err = path_add(daemons, paths[i]);
	if (err) {
		daemons_free(daemons);
		errno = -err;
		return NULL;
	}
	libraries_join(daemons);
	return daemons;
}

void daemons_free(struct daemons *daemons)
{
	if (!daemons)
		return;
	for (size_t i = 0; i < daemons->file_count; i++) {
		close(daemons->files[i].fd);
		if (daemons->files[i].library_fd >= 0)
			close(daemons->files[i].library_fd);
	}
	free(daemons);
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
		diag("there is no process %s", what[host->kind]);
	else if (err == ENOENT && host->kind == MT_FILTER_TGID)
		diag("process %u is no libvirt daemon with a QEMU driver", host->id);
	else if (err == ENOENT)
		diag("no libvirt daemon %s: start libvirtd/virtqemud", what[host->kind]);
	else if (is_refusal(err))
		diag("cannot see what the processes run: %s: it takes CAP_SYS_PTRACE, "
		     "CAP_DAC_READ_SEARCH and CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN, of the "
		     "initial user namespace",
		     strerror(err));
	else
		diag("cannot look for daemons: %s", strerror(err));
}

void daemons_tell(const struct daemons *daemons, const struct host_filter *host)
{
	if (daemons->refused)
		daemons_complain(-daemons->refused, host);
	if (daemons->has_unseen)
		diag("some processes cannot be looked at: daemons and guests "
		     "among them are not seen");
}

const char *fd_path(int fd, char path[DAEMON_FILE_PATH])
{
	snprintf(path, DAEMON_FILE_PATH, "/proc/self/fd/%d", fd);
	return path;
}
