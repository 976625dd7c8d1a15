/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asks a daemon of a job in a process of its own, which has no privileges and may take its time. */
#include "libvirt/ask.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <json-c/json.h>
#include <uuid/uuid.h>

#include "core/recording.h"
#include "libvirt/job.h"
#include "privileges.h"

#define ANSWER_S   10
#define FINISH_MS  3000
#define JSON_DEPTH 4

/*
 * The daemon's directory of sockets, as it sees it itself: in its root, which may be a container's,
 * whose links must not lead out of it.
 */
static int sockets_open(pid_t daemon)
{
	struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT,
	};
	char path[32];
	int root, fd;

	snprintf(path, sizeof(path), "/proc/%d/root", daemon);
	root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return -1;
	fd = (int)syscall(SYS_openat2, root, "run/libvirt", &how, sizeof(how));
	close(root);
	return fd;
}

/* Not that of another daemon which happens to be there. */
static void uri_of_sockets(int sockets, char *uri, size_t size)
{
	const char *name = "libvirt-sock-ro";

	if (faccessat(sockets, name, F_OK, 0) && !faccessat(sockets, "virtqemud-sock-ro", F_OK, 0))
		name = "virtqemud-sock-ro";
	snprintf(uri, size, "qemu+unix:///system?socket=/proc/self/fd/%d/%s", sockets, name);
}

/* In the child. Only what it needs is open, and all that is left of privileges is its user. */
static void ask_child(const struct ask *ask, const char *uri, int out)
{
	int sockets = uri ? -1 : sockets_open(ask->daemon);
	char own[128], uuid[UUID_TEXT];
	struct json_object *answer;
	sigset_t none;

	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	alarm(ANSWER_S);
	dup2(out, STDOUT_FILENO);
	if (sockets >= 0)
		dup2(sockets, STDERR_FILENO + 1);
	close_range(STDERR_FILENO + (sockets >= 0 ? 2 : 1), ~0U, 0);
	privileges_drop(false);
	if (!uri)
		uri_of_sockets(STDERR_FILENO + 1, own, sizeof(own));
	uuid_unparse_lower(ask->uuid, uuid);
	answer = job_ask(uri ? uri : own, uuid, false);
	printf("%s\n", json_object_to_json_string_ext(answer, JSON_C_TO_STRING_PLAIN));
	fflush(stdout);
	_exit(0);
}

int ask_start(struct ask *ask, pid_t daemon, const char *uri)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	ask->daemon = daemon;
	ask->len = 0;
	fflush(NULL); /* what is buffered is ours alone */
	pid = fork();
	if (!pid)
		ask_child(ask, uri, ends[1]);
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		return -errno;
	}
	ask->pid = pid;
	ask->fd = ends[0];
	return 0;
}

static struct json_object *error_json(const char *why)
{
	struct json_object *answer = json_object_new_object();

	json_object_object_add(answer, "error", json_object_new_string(why));
	return answer;
}

/* What a daemon's answer made of the child is hostile: it has to be what a child writes. */
static struct json_object *answer_parse(const struct ask *ask)
{
	struct json_tokener *tokener = json_tokener_new_ex(JSON_DEPTH);
	struct json_object *answer = NULL;

	if (tokener) {
		json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8 |
							JSON_TOKENER_ALLOW_TRAILING_CHARS);
		answer = json_tokener_parse_ex(tokener, ask->answer, (int)ask->len);
	}
	json_tokener_free(tokener);
	if (answer && json_object_is_type(answer, json_type_object))
		return answer;
	json_object_put(answer);
	return error_json("the daemon's answer is none");
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
