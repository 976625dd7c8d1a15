/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A process of its own to talk to a daemon in, without privileges. */
#include "libvirt/child.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <json-c/json.h>

#include "privileges.h"

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

const char *child_begin(pid_t daemon, const char *uri, int out, char own[CHILD_URI])
{
	int sockets = uri ? -1 : sockets_open(daemon);
	sigset_t none;

	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	alarm(CHILD_ANSWER_S);
	dup2(out, STDOUT_FILENO);
	if (sockets >= 0)
		dup2(sockets, STDERR_FILENO + 1);
	close_range(STDERR_FILENO + (sockets >= 0 ? 2 : 1), ~0U, 0);
	privileges_drop(false);
	if (uri)
		return uri;
	uri_of_sockets(STDERR_FILENO + 1, own, CHILD_URI);
	return own;
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
