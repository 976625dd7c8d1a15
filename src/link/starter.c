/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs the recorders of other hosts for a process that may run nothing: see sandbox/confine.h. */
#include "link/starter.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/pass.h"
#include "sandbox/privileges.h"
#include "sandbox/output_file.h"

#define START UINT32_MAX
#define FDS   4 /* in, out, said, file: those that there are */

struct starter {
	int socket;
	pid_t pid;
};

struct answer {
	int32_t err;
	int32_t file_err;
};

struct request {
	uint32_t index;
	uint32_t stop; /* how; START: not at all */
};

/* What the process that starts them has. */
struct server {
	const struct start *starts;
	size_t count;
	pid_t pids[STARTS_MAX]; /* 0: it does not run */
	unsigned int times[STARTS_MAX];
};

/* Of each pipe one end is the child's; none of ours may leak into it, or it would never see EOF. */
static int child_spawn(const char *command, const int ends[3], pid_t *pid)
{
	char *const argv[] = {(char *)"sh", (char *)"-c", (char *)command, NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, ours;
	int err;

	sigemptyset(&none);
	sigemptyset(&ours);
	sigaddset(&ours, SIGPIPE); /* which are ignored here */
	sigaddset(&ours, SIGINT);
	sigaddset(&ours, SIGTERM);
	posix_spawn_file_actions_init(&actions);
	for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++)
		if (ends[i] >= 0)
			posix_spawn_file_actions_adddup2(&actions, ends[i], i);
	posix_spawnattr_init(&attributes);
	/* A process group of its own: Ctrl-C is for us, who end it by closing its input. */
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
						      POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigdefault(&attributes, &ours);
	posix_spawnattr_setsigmask(&attributes, &none);
	err = posix_spawn(pid, "/bin/sh", &actions, &attributes, argv, privileges_environment());
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return -err;
}

static void fds_close(int *fds, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

/* Ours are non-blocking. */
static int pipe_open(int *read_end, int *write_end, int *ours)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	*read_end = ends[0];
	*write_end = ends[1];
	return fcntl(*ours, F_SETFL, O_NONBLOCK) ? -errno : 0;
}

static int pipes_open(bool is_heard, int ours[3], int theirs[3])
{
	int err = pipe_open(&theirs[0], &ours[0], &ours[0]);

	if (!err)
		err = pipe_open(&ours[1], &theirs[1], &ours[1]);
	if (!err && is_heard)
		err = pipe_open(&ours[2], &theirs[2], &ours[2]);
	return err;
}

static int file_open(const struct server *server, size_t index, int *fd)
{
	const char *path = server->starts[index].path;
	unsigned int times = server->times[index];
	char numbered[4096];

	*fd = -1;
	if (!path)
		return 0;
	snprintf(numbered, sizeof(numbered), times > 1 ? "%s.%u" : "%s", path, times);
	*fd = output_file_create(numbered, OUTPUT_RECORDING);
	return *fd < 0 ? -errno : 0;
}

static struct answer serve_start(struct server *server, size_t index, int fds[FDS])
{
	const struct start *start = &server->starts[index];
	int theirs[3] = {-1, -1, -1}, err = server->pids[index] ? -EBUSY : 0;
	struct answer answer;

	if (!err)
		err = pipes_open(start->is_heard, fds, theirs);
	server->times[index]++;
	answer.file_err = file_open(server, index, &fds[3]);
	if (!err)
		err = child_spawn(start->command, theirs, &server->pids[index]);
	fds_close(theirs, 3);
	if (err)
		fds_close(fds, FDS);
	answer.err = err;
	return answer;
}

static void serve_stop(struct server *server, size_t index, uint32_t stop)
{
	if (!server->pids[index])
		return;
	if (stop != STOP_WAIT)
		kill(-server->pids[index], stop == STOP_TERM ? SIGTERM : SIGKILL);
	waitpid(server->pids[index], NULL, 0);
	server->pids[index] = 0;
}

/* Answers until the other end is closed. */
static _Noreturn void serve(struct server *server, int socket)
{
	struct request request = {0};

	signal(SIGINT, SIG_IGN); /* whoever we start for ends us */
	signal(SIGTERM, SIG_IGN);
	while (!pass_receive(socket, &request, sizeof(request), NULL, 0)) {
		int fds[FDS] = {-1, -1, -1, -1};
		struct answer answer = {0};

		if (request.index >= server->count)
			answer.err = -EINVAL;
		else if (request.stop == START)
			answer = serve_start(server, request.index, fds);
		else
			serve_stop(server, request.index, request.stop);
		if (pass_send(socket, &answer, sizeof(answer), fds, answer.err ? 0 : FDS))
			break;
		fds_close(fds, FDS);
	}
	_exit(0);
}

/* Of what we hold, only standard input, output and error, and the socket, are its. */
static _Noreturn void server_run(const struct start *starts, size_t count, int socket)
{
	struct server server = {.starts = starts, .count = count < STARTS_MAX ? count : STARTS_MAX};

	privileges_lay_down(true);
	if (socket > STDERR_FILENO + 1)
		close_range(STDERR_FILENO + 1, (unsigned int)socket - 1, 0);
	close_range((unsigned int)socket + 1, ~0U, 0);
	serve(&server, socket);
}

struct starter *starter_new(const struct start *starts, size_t count)
{
	struct starter *starter = malloc(sizeof(*starter));
	int ends[2], err = starter ? pass_open(ends) : -ENOMEM;
	pid_t pid = -1;

	if (!err) {
		fflush(NULL); /* what is buffered is ours alone */
		pid = fork();
		err = pid < 0 ? -errno : 0;
		if (!pid)
			server_run(starts, count, ends[1]);
		close(ends[1]);
		starter->socket = ends[0];
		starter->pid = pid;
	}
	if (!err)
		return starter;
	free(starter);
	errno = -err;
	return NULL;
}

static int starter_ask(struct starter *starter, size_t index, uint32_t stop, int fds[FDS],
		       struct answer *answer)
{
	const struct request request = {(uint32_t)index, stop};
	int err = pass_send(starter->socket, &request, sizeof(request), NULL, 0);

	if (!err)
		err = pass_receive(starter->socket, answer, sizeof(*answer), fds, FDS);
	return err ? err : answer->err;
}

int starter_start(struct starter *starter, size_t index, struct started *started)
{
	struct answer answer = {0};
	int fds[FDS], err = starter_ask(starter, index, START, fds, &answer);

	if (!err)
		*started = (struct started){fds[0], fds[1], fds[2], fds[3], answer.file_err};
	return err;
}

void starter_stop(struct starter *starter, size_t index, enum stop stop)
{
	struct answer answer = {0};
	int fds[FDS];

	starter_ask(starter, index, stop, fds, &answer);
}

void starter_free(struct starter *starter)
{
	if (!starter)
		return;
	close(starter->socket);
	free(starter);
}
