/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asks a daemon of a job in a process of its own, which has no privileges and may take its time. */
#include "libvirt/ask.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uuid/uuid.h>

#include "base/json.h"
#include "base/json_line.h"
#include "core/recording/recording.h"
#include "libvirt/child.h"
#include "libvirt/stats.h"

#define FINISH_MS 3000

static struct json_object *error_json(const char *why)
{
	struct json_object *answer = json_object_new_object();

	json_object_object_add(answer, "error", json_object_new_string(why));
	return answer;
}

static void daemon_ask(const char *uri, const char *why, const void *arg)
{
	char uuid[UUID_TEXT];

	uuid_unparse_lower(arg, uuid);
	json_line_write(stdout, uri ? job_ask(uri, uuid, false) : error_json(why));
}

int ask_open(pid_t daemon, const char *uri, const uint8_t uuid[MT_UUID])
{
	return child_open(daemon, uri, daemon_ask, uuid);
}

void ask_start(struct ask *ask, int fd)
{
	ask->is_asking = true;
	ask->fd = fd;
	ask->len = 0;
}

static struct json_object *answer_parse(const struct ask *ask)
{
	struct json_object *answer = child_line(ask->answer, ask->len);

	return answer ? answer : error_json("the daemon's answer is none");
}

static struct json_object *ask_end(struct ask *ask)
{
	struct json_object *answer;

	close(ask->fd);
	ask->is_asking = false;
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

/* The user waits, and may have to give a password. */
static void host_ask(const char *uri, const char *why, const void *arg)
{
	(void)why;
	alarm(0);
	json_line_write(stdout, job_ask(uri, arg, true));
}

struct json_object *ask_now(const char *uri, const char *domain)
{
	int fd = child_open(0, uri, host_ask, domain);
	struct json_object *answer = NULL;
	struct ask ask;

	if (fd < 0)
		return error_json(strerror(-fd));
	ask_start(&ask, fd);
	while (!answer)
		answer = ask_read(&ask);
	return answer;
}
