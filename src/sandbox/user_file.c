/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that the user names: opened with the user's own rights, whatever ours are. */
#include "sandbox/user_file.h"

#include <errno.h>
#include <fcntl.h>

#include "sandbox/privileges.h"

static int file_open(const char *path, int flags)
{
	bool were_down = privileges_lay_down(true);
	int fd = open(path, O_CLOEXEC | flags, 0666), err = errno;

	privileges_lay_down(were_down);
	errno = err;
	return fd;
}

int user_file_open(const char *path, int flags)
{
	return file_open(path, O_RDONLY | flags);
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
