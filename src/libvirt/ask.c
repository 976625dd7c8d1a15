/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asks a daemon of a job in a process of its own, which has no privileges and may take its time. */
#include "libvirt/ask.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <json-c/json.h>
#include <uuid/uuid.h>

#include "core/recording.h"
#include "libvirt/child.h"
#include "libvirt/job.h"

#define FINISH_MS 3000

static struct json_object *error_json(const char *why)
{
	struct json_object *answer = json_object_new_object();

	json_object_object_add(answer, "error", json_object_new_string(why));
	return answer;
}

static void ask_child(const struct ask *ask, const char *uri, const char *domain, bool wants_host,
		      int out)
{
	char own[CHILD_URI];
	struct json_object *answer;

	uri = child_begin(ask->daemon, uri, out, own);
	if (wants_host)
		alarm(0); /* the user waits, and may have to give a password */
	answer = uri ? job_ask(uri, domain, wants_host) : error_json(own);
	printf("%s\n", json_object_to_json_string_ext(answer, JSON_C_TO_STRING_PLAIN));
	fflush(stdout);
	_exit(0);
}

static int ask_fork(struct ask *ask, const char *uri, const char *domain, bool wants_host)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	ask->len = 0;
	fflush(NULL); /* what is buffered is ours alone */
	pid = fork();
	if (!pid)
		ask_child(ask, uri, domain, wants_host, ends[1]);
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		return -errno;
	}
	ask->pid = pid;
	ask->fd = ends[0];
	return 0;
}

int ask_start(struct ask *ask, pid_t daemon, const char *uri)
{
	char uuid[UUID_TEXT];

	ask->daemon = daemon;
	uuid_unparse_lower(ask->uuid, uuid);
	return ask_fork(ask, uri, uuid, false);
}

static struct json_object *answer_parse(const struct ask *ask)
{
	struct json_object *answer = child_line(ask->answer, ask->len);

	return answer ? answer : error_json("the daemon's answer is none");
}

static struct json_object *ask_end(struct ask *ask)
{
	struct json_object *answer;

	kill(ask->pid, SIGKILL);
	waitpid(ask->pid, NULL, 0);
	close(ask->fd);
	ask->pid = 0;
	answer = ask->len ? answer_parse(ask) : error_json("the daemon did not answer");
	return answer;
}

struct json_object *ask_read(struct ask *ask)
{
	ssize_t got = read(ask->fd, ask->answer + ask->len, sizeof(ask->answer) - ask->len);

	if (got < 0 && errno == EINTR)
		return NULL;
	if (got <= 0)
		return ask_end(ask);
	ask->len += (size_t)got;
	return NULL;
}

struct json_object *ask_finish(struct ask *ask)
{
	struct pollfd fd = {.fd = ask->fd, .events = POLLIN};
	struct json_object *answer = NULL;

	while (!answer && poll(&fd, 1, FINISH_MS) > 0)
		answer = ask_read(ask);
	return answer ? answer : ask_end(ask);
}

struct json_object *ask_now(const char *uri, const char *domain)
{
	struct ask ask = {0};
	struct json_object *answer = NULL;

	if (ask_fork(&ask, uri, domain, true))
		return error_json(strerror(errno));
	while (!answer)
		answer = ask_read(&ask);
	return answer;
}
