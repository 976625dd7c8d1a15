/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Closes what takes the kernel long to close, while we go on. */
#include "probe/kernel/leave.h"

#include <errno.h>
#include <stdbool.h>
#include <unistd.h>

#include "base/diag.h"

static bool is_among(int fd, const int *fds, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (fds[i] == fd)
			return true;
	return false;
}

/* All but those: who waits for our pipes and sockets to end must not wait for this process. */
static void others_close(const int *fds, size_t count)
{
	int last = -1;

	for (size_t i = 0; i < count; i++)
		if (fds[i] > last)
			last = fds[i];
	for (int fd = 0; fd <= last; fd++)
		if (!is_among(fd, fds, count))
			close(fd);
	close_range((unsigned int)last + 1, ~0U, 0);
}

static void fds_close(const int *fds, size_t count)
{
	for (size_t i = 0; i < count; i++)
		close(fds[i]);
}

pid_t leave_fds(const int *fds, size_t count)
{
	pid_t pid = fork();

	if (!pid) {
		setsid();
		others_close(fds, count);
		if (nice(19) == -1)
			errno = 0; /* as fast as we are, then */
		fds_close(fds, count);
		_exit(0);
	}
	if (pid < 0)
		diag("detaching takes some seconds on this kernel");
	fds_close(fds, count);
	return pid < 0 ? 0 : pid;
}
