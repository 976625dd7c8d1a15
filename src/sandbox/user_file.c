/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that the user names: opened with the user's own rights, whatever ours are. */
#include "sandbox/user_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "sandbox/privileges.h"

#define MODE	    0640 /* of what it makes: what is recorded is not for everybody */
#define FOLDER_MODE 0750

int user_file_openat(int folder, const char *name, int flags)
{
	bool were_down = privileges_lay_down(true);
	int fd = openat(folder, name, O_CLOEXEC | flags, MODE), err = errno;

	privileges_lay_down(were_down);
	errno = err;
	return fd;
}

int user_file_open(const char *path, int flags)
{
	return user_file_openat(AT_FDCWD, path, O_RDONLY | flags);
}

int user_folder_make(const char *path)
{
	bool were_down = privileges_lay_down(true);
	int err = mkdir(path, FOLDER_MODE) ? -errno : 0;

	privileges_lay_down(were_down);
	return err == -EEXIST ? 0 : err;
}

FILE *user_file_stream(const char *path, const char *mode)
{
	bool were_down = privileges_lay_down(true);
	FILE *file;
	char close_on_exec[8];
	int err;

	snprintf(close_on_exec, sizeof(close_on_exec), "%se", mode);
	file = fopen(path, close_on_exec);
	err = errno;
	privileges_lay_down(were_down);
	errno = err;
	return file;
}
