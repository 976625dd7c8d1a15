/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A process of its own to talk to a daemon in, without privileges. */
#include "libvirt/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/json.h"
#include "libvirt/daemon_socket.h"
#include "libvirt/relay.h"
#include "sandbox/confine.h"
#include "sandbox/user_file.h"

#define JSON_DEPTH 4
#define SOCKET	   "?socket="
#define SYSTEM	   "qemu+unix:///system" SOCKET
#define SESSION	   "qemu+unix:///session" SOCKET

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
	int length, err, connection;
	char name[RELAY_NAME];
	bool is_session;

	if (!uri) {
		connection = daemon_socket_connect(daemon, &is_session);
		uri = is_session ? SESSION : SYSTEM;
		length = (int)strlen(uri);
	} else if (path && path - uri < CHILD_URI - RELAY_NAME) {
		connection = socket_connect(user_file_open(path, O_PATH));
		length = (int)(path - uri);
	} else {
		return -ENOTSOCK;
	}
	err = relay_begin(connection, name);
	if (!err)
		snprintf(own, CHILD_URI, "%.*s%s", length, uri, name);
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
