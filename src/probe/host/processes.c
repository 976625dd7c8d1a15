/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The processes that give events, as long as they live: daemons and QEMUs, for weeks. */
#include "probe/host/processes.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probe/host/identity.h"

#define FDS_MAX 65536 /* also of files that are probed, and of what holds their probes */

struct processes {
	int epoll;
	size_t count;
	struct process process[PROCESSES_MAX]; /* the one that was heard of last is the first */
};

/* One file descriptor for each process is more than the usual limit, which is for select(). */
static void limit_raise(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	if (limit.rlim_cur < FDS_MAX)
		limit.rlim_cur = limit.rlim_max < FDS_MAX ? limit.rlim_max : FDS_MAX;
	setrlimit(RLIMIT_NOFILE, &limit);
}

struct processes *processes_new(void)
{
	struct processes *processes = calloc(1, sizeof(*processes));

	if (!processes)
		return NULL;
	limit_raise();
	processes->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (processes->epoll >= 0)
		return processes;
	free(processes);
	return NULL;
}

int processes_fd(const struct processes *processes)
{
	return processes->epoll;
}

static void process_add(struct processes *processes, uint32_t pid)
{
	struct process *process = processes->process;
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = pid};

	if (processes->count == PROCESSES_MAX)
		processes_forget(processes, process[PROCESSES_MAX - 1].pid);
	memmove(process + 1, process, processes->count++ * sizeof(*process));
	/* First this: what is read then is of the process, or it has ended, which we hear of. */
	*process = (struct process){.pid = pid, .fd = (int)syscall(SYS_pidfd_open, pid, 0)};
	if (process->fd >= 0)
		epoll_ctl(processes->epoll, EPOLL_CTL_ADD, process->fd, &event);
	process->has_uuid = guest_uuid((pid_t)pid, process->uuid);
}

const struct process *processes_find(struct processes *processes, uint32_t pid, bool *is_new)
{
	struct process *first = processes->process, found;
	size_t at = 0;

	while (at < processes->count && first[at].pid != pid)
		at++;
	*is_new = at == processes->count;
	if (*is_new) {
		process_add(processes, pid);
	} else {
		found = first[at];
		memmove(first + 1, first, at * sizeof(*first));
		*first = found;
	}
	return first;
}

bool processes_know(const struct processes *processes, uint32_t pid)
{
	for (size_t i = 0; i < processes->count; i++)
		if (processes->process[i].pid == pid)
			return true;
	return false;
}

uint32_t processes_ended(const struct processes *processes)
{
	struct epoll_event event;

	return epoll_wait(processes->epoll, &event, 1, 0) > 0 ? event.data.u32 : 0;
}

void processes_forget(struct processes *processes, uint32_t pid)
{
	struct process *process = processes->process, *end = process + processes->count;

	while (process < end && process->pid != pid)
		process++;
	if (process == end)
		return;
	if (process->fd >= 0)
		close(process->fd);
	processes->count--;
	memmove(process, process + 1, (size_t)(end - process - 1) * sizeof(*process));
}

void processes_free(struct processes *processes)
{
	if (!processes)
		return;
	while (processes->count)
		processes_forget(processes, processes->process[processes->count - 1].pid);
	close(processes->epoll);
	free(processes);
}
