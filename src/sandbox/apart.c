/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs a function that reads what others wrote in a process of its own, which can
 * do nothing else. */
#include "sandbox/apart.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define CPU_S 120 /* far more than the largest file takes, also under a sanitizer */

/* Returns whether one of the file descriptors is to be kept. */
static bool is_kept(int fd, const int *keep, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (keep[i] == fd)
			return true;
	return false;
}

static void others_close(int out, const int *keep, size_t count)
{
	int last = out;

	for (size_t i = 0; i < count; i++)
		last = keep[i] > last ? keep[i] : last;
	for (int fd = STDERR_FILENO + 1; fd < last; fd++)
		if (fd != out && !is_kept(fd, keep, count))
			close(fd);
	close_range((unsigned int)last + 1, ~0U, 0);
	close(STDIN_FILENO);
	close(STDOUT_FILENO);
}

/* What others see, such as the kernel's ring buffer, is none of its. */
static void shared_unmap(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned long start, end;
	char line[512], perms[5];

	while (maps && fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%lx %4s", &start, &end, perms) == 3 && perms[3] == 's')
			munmap((void *)start, end - start);
	if (maps)
		fclose(maps);
}

static bool all_write(int fd, const void *bytes, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t one = write(fd, (const char *)bytes + done, size - done);

		if (one <= 0)
			return false;
		done += (size_t)one;
	}
	return true;
}

static bool all_read(int fd, void *bytes, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t one = read(fd, (char *)bytes + done, size - done);

		if (one < 0 && errno == EINTR)
			continue;
		if (one <= 0)
			return false;
		done += (size_t)one;
	}
	return true;
}

static _Noreturn void child_run(enum confinement confinement, apart_fn *fn, const void *arg,
				int out, void *result, size_t size)
{
	const struct rlimit cpu = {CPU_S, CPU_S}, nothing = {0, 0};
	int32_t err;

	signal(SIGPIPE, SIG_DFL);
	setrlimit(RLIMIT_CPU, &cpu);
	if (confinement != CONFINE_CALLER) /* which may have a cache */
		setrlimit(RLIMIT_FSIZE, &nothing);
	if (confinement == CONFINE_CALLER)
		confine(confinement);
	else
		confine_as_nobody(confinement);
	err = fn(arg, result);
	if (all_write(out, &err, sizeof(err)) && !err)
		all_write(out, result, size);
	_exit(0);
}

int apart_run(enum confinement confinement, apart_fn *fn, const void *arg, const int *keep,
	      size_t keep_count, void *result, size_t size)
{
	int32_t err = -EIO;
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	fflush(NULL); /* what is buffered is ours alone */
	pid = fork();
	if (!pid) {
		shared_unmap();
		others_close(ends[1], keep, keep_count);
		child_run(confinement, fn, arg, ends[1], result, size);
	}
	close(ends[1]);
	if (pid < 0 || !all_read(ends[0], &err, sizeof(err)) ||
	    (!err && !all_read(ends[0], result, size)))
		err = -EIO;
	close(ends[0]);
	if (err > 0)
		err = -EIO;
	if (pid > 0)
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	return err;
}
