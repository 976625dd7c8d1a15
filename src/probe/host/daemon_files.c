/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files that are probed: each is opened once, and known by its inode. */
#include "probe/host/daemon_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probe/host/unseen.h"
#include "sandbox/user_file.h"

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

bool file_is_named(const char *path, enum probe_file file)
{
	const char *name = base_name(path);
	const char *start;

	for (size_t i = 0; (start = probe_file_name(file, i)); i++)
		if (!strncmp(name, start, strlen(start)))
			return true;
	return false;
}

/* What the user named is opened with the user's rights. */
static int found_open(const struct found *found)
{
	const int flags = O_NONBLOCK | O_NOCTTY;

	return found->pid ? open(found->open, O_RDONLY | O_CLOEXEC | flags)
			  : user_file_open(found->open, flags);
}

/* A file that is not there any more has gone with its process: that is no error, nor a refusal. */
static void file_unopened(struct daemons *daemons, const struct found *found, int err)
{
	if (err == ENOENT || err == ESRCH)
		return;
	if (found->file == PROBE_QEMU)
		process_unseen(daemons, found->pid, err);
	else
		daemons->refused = -err;
}

/* What stands in the name of a file of any user's goes to terminals and recordings. */
static void name_set(char name[DAEMON_FILE_NAME], const char *text)
{
	size_t i = 0;

	for (; i < DAEMON_FILE_NAME - 1 && text[i]; i++)
		name[i] = text[i] > ' ' && text[i] < 0x7f ? text[i] : '?';
	name[i] = '\0';
}

static bool is_there(const struct daemons *daemons, const struct inode *inode)
{
	for (size_t i = 0; i < daemons->file_count; i++)
		if (inode_is_same(&daemons->files[i].inode, inode))
			return true;
	return false;
}

static void file_fill(struct daemon_file *file, struct daemons *daemons, const struct found *found)
{
	name_set(file->name, base_name(found->path));
	if (strlen(found->path) < sizeof(file->path))
		strcpy(file->path, found->path);
	file->mntns = namespace_of(daemons, found->pid ?: getpid(), "mnt");
	if (found->pid)
		snprintf(file->root, sizeof(file->root), "/proc/%d/root", found->pid);
	else
		strcpy(file->root, "/");
}

void file_add(struct daemons *daemons, const struct found *found)
{
	struct daemon_file file = {.fd = found_open(found),
				   .file = found->file,
				   .is_guess = found->is_guess,
				   .library_fd = -1};

	if (file.fd < 0) {
		file_unopened(daemons, found, errno);
		return;
	}
	if (!inode_get(file.fd, &file.inode) || is_there(daemons, &file.inode)) {
		close(file.fd);
		return;
	}
	if (daemons->file_count == DAEMONS_MAX) {
		daemons->is_full = true;
		close(file.fd);
		return;
	}
	file_fill(&file, daemons, found);
	daemons->files[daemons->file_count++] = file;
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
		if (!file_is_named(path, found.file) && !file_is_named(found.path, found.file))
			continue;
		if (access(path, R_OK))
			return -errno;
		file_add(daemons, &found);
		err = daemons->file_count == before ? -ENOEXEC : 0;
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

static void fd_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void daemons_close(struct daemons *daemons)
{
	for (size_t i = 0; i < daemons->file_count; i++) {
		fd_close(&daemons->files[i].fd);
		fd_close(&daemons->files[i].library_fd);
	}
}

void daemons_free(struct daemons *daemons)
{
	if (daemons)
		daemons_close(daemons);
	free(daemons);
}

const char *fd_path(int fd, char path[DAEMON_FILE_PATH])
{
	snprintf(path, DAEMON_FILE_PATH, "/proc/self/fd/%d", fd);
	return path;
}
