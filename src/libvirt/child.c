/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A process of its own to talk to a daemon in, without privileges. */
#include "libvirt/child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>
#include <json-c/json.h>

#include "libvirt/relay.h"
#include "sandbox/confine.h"
#include "sandbox/user_file.h"

#define JSON_DEPTH 4
#define SOCKET	   "?socket="
#define SYSTEM	   "qemu+unix:///system" SOCKET

/*
 * The daemon's socket, as it sees it itself: in its root, which may be a container's. It may be
 * reached by no link, which could lead to another daemon. Returns -errno.
 */
static int socket_find(pid_t daemon)
{
	static const char *const names[] = {"libvirt-sock-ro", "virtqemud-sock-ro"};
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS,
	};
	char path[64];
	int root, fd = -ENOENT;

	snprintf(path, sizeof(path), "/proc/%d/root", daemon);
	root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return -errno;
	for (size_t i = 0; fd == -ENOENT && i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "run/libvirt/%s", names[i]);
		fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
		if (fd < 0)
			fd = -errno;
	}
	close(root);
	return fd;
}

/* Connects to the very socket that was found, and closes that. Returns the
 * connection, or -errno. */
static int socket_connect(int found)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd, err = 0;

	if (found < 0)
		return found;
	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d", found);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)))
		err = -errno;
	close(found);
	if (err && fd >= 0)
		close(fd);
	return err ? err : fd;
}

/* Goes on in a process that can reach the daemon by that name of its socket. Returns
 * 0 or -errno. */
static int relay_begin(int connection, char name[RELAY_NAME])
{
	int listener;
	pid_t client;

	if (connection < 0)
		return connection;
	listener = relay_listen(name);
	if (listener < 0)
		return listener;
	signal(SIGCHLD, SIG_IGN); /* nobody is to wait for the client */
	client = fork();
	if (client < 0)
		return -errno;
	if (client) {
		close(STDOUT_FILENO);
		relay_run(connection, listener, client);
	}
	return 0;
}

/* Returns where the URI has the path of a socket, if it ends with that; NULL: it has none. */
static const char *uri_socket(const char *uri)
{
	const char *at = strstr(uri, SOCKET "/");

	return at && !strpbrk(at, "&%#") ? at + strlen(SOCKET) : NULL;
}

/*
 * Tries to become nobody who has a URI of our own: to the daemon's socket, or to the one that is in
 * the URI. Returns 0; or -errno, and is who it was.
 */
static int child_relay(pid_t daemon, const char *uri, char own[CHILD_URI])
{
	const char *path = uri ? uri_socket(uri) : NULL;
	char name[RELAY_NAME];
	int err, connection;

	if (!uri)
		connection = socket_connect(socket_find(daemon));
	else if (path && path - uri < CHILD_URI - RELAY_NAME)
		connection = socket_connect(user_file_open(path, O_PATH));
	else
		return -ENOTSOCK;
	err = relay_begin(connection, name);
	if (!err)
		snprintf(own, CHILD_URI, "%.*s%s", uri ? (int)(path - uri) : (int)strlen(SYSTEM),
			 uri ? uri : SYSTEM, name);
	return err;
}

/* Returns the URI to ask; or NULL, with the reason in own. */
static const char *child_begin(pid_t daemon, const char *uri, int out, char own[CHILD_URI])
{
	sigset_t none;
	int err;

	/* What ends the recorder ends this one by its pipe, so that no last word is lost. */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	dup2(out, STDOUT_FILENO);
	close_range(STDERR_FILENO + 1, ~0U, 0);
	err = child_relay(daemon, uri, own);
	close_range(STDERR_FILENO + 1, ~0U, 0);
	alarm(CHILD_ANSWER_S);
	if (uri && err) {
		confine(CONFINE_CALLER);
		return uri;
	}
	confine_as_nobody(CONFINE_CLIENT);
	if (!err)
		return own;
	snprintf(own, CHILD_URI, "its socket: %s",
		 err == -ELOOP ? "reached by a link, which is not followed" : strerror(-err));
	return NULL;
}

int child_open(pid_t daemon, const char *uri, child_fn *run, const void *arg)
{
	char own[CHILD_URI];
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	signal(SIGCHLD, SIG_IGN); /* it ends when nobody reads it any more */
	fflush(NULL);		  /* what is buffered is ours alone */
	pid = fork();
	if (!pid) {
		uri = child_begin(daemon, uri, ends[1], own);
		run(uri, own, arg);
		_exit(fflush(stdout) ? 1 : 0);
	}
	close(ends[1]);
	if (pid > 0)
		return ends[0];
	close(ends[0]);
	return -EAGAIN;
}

struct json_object *child_line(const char *line, size_t len)
{
	struct json_tokener *tokener = json_tokener_new_ex(JSON_DEPTH);
	struct json_object *object = NULL;

	if (tokener) {
		json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8 |
							JSON_TOKENER_ALLOW_TRAILING_CHARS);
		object = json_tokener_parse_ex(tokener, line, (int)len);
	}
	json_tokener_free(tokener);
	if (object && json_object_is_type(object, json_type_object))
		return object;
	json_object_put(object);
	return NULL;
}
