/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that the user has us write: as the user, and not whatever stands there. */
#include "sandbox/output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>
#include <linux/magic.h>

#include "base/diag.h"
#include "sandbox/privileges.h"

/* Filesystems in which a write changes what the kernel does. */
static bool is_kernels(int fd)
{
	static const unsigned int kernels[] = {
		PROC_SUPER_MAGIC, SYSFS_MAGIC,	      DEBUGFS_MAGIC,
		TRACEFS_MAGIC,	  CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC,
		SECURITYFS_MAGIC, EFIVARFS_MAGIC,     BPF_FS_MAGIC};
	struct statfs fs;

	if (fstatfs(fd, &fs))
		return true;
	for (size_t i = 0; i < sizeof(kernels) / sizeof(kernels[0]); i++)
		if ((unsigned int)fs.f_type == kernels[i])
			return true;
	return false;
}

/* Returns whether users other than its owner may put a file where the path is. */
static bool is_in_shared(const char *path)
{
	char *copy = strdup(path);
	struct stat st;
	bool is_shared = !copy || (!stat(dirname(copy), &st) && st.st_mode & S_IWOTH);

	free(copy);
	return is_shared;
}

/* Returns why what was opened is not to be written to, static; NULL: it may be. */
static const char *refusal(int fd, bool is_shared)
{
	struct stat st;

	if (fstat(fd, &st))
		return strerror(errno);
	if (S_ISBLK(st.st_mode))
		return "a block device";
	if (is_shared && st.st_uid != geteuid())
		return "another user's, in a directory that anyone may write to";
	if (!S_ISREG(st.st_mode))
		return NULL;
	if (is_shared && st.st_nlink != 1)
		return "has another name, in a directory that anyone may write to";
	return is_kernels(fd) ? "a file of the kernel's" : NULL;
}

static const char *open_refusal(int err, bool is_shared)
{
	if (err == ENXIO)
		return "nobody reads from it";
	if (err == ELOOP && is_shared)
		return "a link, in a directory that anyone may write to";
	return strerror(err);
}

/*
 * Looks at what is in the file. Returns why nothing may be appended to it, static, or NULL. A last
 * line without an end, of a recorder that was killed, gets one.
 */
static const char *append_begin(int fd, off_t size)
{
	char first = '\0', last = '\n', path[64];
	int in;

	if (!size)
		return NULL;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	in = open(path, O_RDONLY | O_CLOEXEC);
	if (in < 0 || pread(in, &first, 1, 0) != 1 || pread(in, &last, 1, size - 1) != 1)
		first = '\0';
	if (in >= 0)
		close(in);
	if (first != '{')
		return "there is something else in it than a recording: name another file";
	return last == '\n' || write(fd, "\n", 1) == 1 ? NULL : strerror(errno);
}

static const char *regular_begin(int fd, enum output output)
{
	struct stat st;

	if (fstat(fd, &st))
		return strerror(errno);
	if (!S_ISREG(st.st_mode))
		return NULL;
	if (output == OUTPUT_RECORDING)
		return append_begin(fd, st.st_size);
	return ftruncate(fd, 0) ? strerror(errno) : NULL;
}

/* Returns the file descriptor, or -1 with *why. */
static int file_open(const char *path, enum output output, const char **why)
{
	bool is_shared = is_in_shared(path);
	int appends = output == OUTPUT_RECORDING ? O_APPEND : 0;
	int fd = open(path,
		      O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK |
			      (is_shared ? O_NOFOLLOW : 0),
		      0666);

	*why = fd < 0 ? open_refusal(errno, is_shared) : refusal(fd, is_shared);
	if (!*why && fcntl(fd, F_SETFL, appends))
		*why = strerror(errno);
	if (!*why)
		*why = regular_begin(fd, output);
	if (!*why)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

int output_file_create(const char *path, enum output output)
{
	bool were_down = privileges_lay_down(true);
	const char *why;
	int fd = file_open(path, output, &why);

	privileges_lay_down(were_down);
	if (fd < 0) {
		diag("%s: %s", path, why);
		errno = EACCES;
	}
	return fd;
}

FILE *output_file_open(const char *path, enum output output)
{
	int fd = output_file_create(path, output);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");

	if (!file && fd >= 0)
		close(fd);
	return file;
}
