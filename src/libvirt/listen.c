/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Listens to a daemon's JOB_COMPLETED events in a process of its own, without privileges. */
#include "libvirt/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <json-c/json.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <uuid/uuid.h>

#include "base/json_line.h"
#include "base/time.h"
#include "core/clock/clock.h"
#include "core/recording/recording.h"
#include "libvirt/child.h"
#include "libvirt/stats.h"

/* A daemon that does not answer for as long is lost. */
#define ALIVE_S	    5
#define ALIVE_COUNT 3

/* What the child has; it ends with its process. */
struct session {
	virConnectPtr connection;
	unsigned long version;
	bool is_lost;
};

static void error_ignore(void *arg, virErrorPtr error)
{
	(void)arg, (void)error; /* it is written */
}

/* Writes the line, or ends: nobody reads any more. */
static void line_write(struct json_object *line)
{
	if (json_line_write(stdout, line))
		_exit(1);
}

static void error_end(const char *why)
{
	struct json_object *line = json_object_new_object();

	json_object_object_add(line, "error", json_object_new_string(why));
	line_write(line);
	_exit(0);
}

static void job_completed(virConnectPtr connection, virDomainPtr domain,
			  virTypedParameterPtr parameters, int count, void *arg)
{
	const struct session *session = arg;
	struct json_object *line;
	char uuid[VIR_UUID_STRING_BUFLEN];
	int operation;

	(void)connection;
	/* Of a version that does not say what it was, it is taken; backups and such are not. */
	if (virDomainGetUUIDString(domain, uuid) ||
	    (virTypedParamsGetInt(parameters, count, VIR_DOMAIN_JOB_OPERATION, &operation) > 0 &&
	     operation != VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT))
		return;
	line = json_object_new_object();
	json_object_object_add(line, "uuid", json_object_new_string(uuid));
	json_object_object_add(line, "ns", json_object_new_int64(time_now_ns()));
	json_object_object_add(line, "libvirt", json_object_new_uint64(session->version));
	json_object_object_add(line, "type", json_object_new_int(VIR_DOMAIN_JOB_COMPLETED));
	json_object_object_add(line, "fields", job_fields(parameters, count));
	line_write(line);
}

static void connection_closed(virConnectPtr connection, int reason, void *arg)
{
	struct session *session = arg;

	(void)connection, (void)reason;
	session->is_lost = true;
}

static void reader_gone(int watch, int fd, int events, void *arg)
{
	(void)watch, (void)fd, (void)events, (void)arg;
	_exit(0);
}

static void session_open(struct session *session, const char *uri)
{
	virSetErrorFunc(NULL, error_ignore);
	if (virEventRegisterDefaultImpl() < 0)
		error_end(virGetLastErrorMessage());
	virEventAddHandle(STDOUT_FILENO, VIR_EVENT_HANDLE_ERROR | VIR_EVENT_HANDLE_HANGUP,
			  reader_gone, NULL, NULL);
	session->connection = virConnectOpenReadOnly(uri);
	if (!session->connection ||
	    virConnectGetLibVersion(session->connection, &session->version) < 0 ||
	    virConnectRegisterCloseCallback(session->connection, connection_closed, session, NULL) <
		    0 ||
	    virConnectDomainEventRegisterAny(
		    session->connection, NULL, VIR_DOMAIN_EVENT_ID_JOB_COMPLETED,
		    VIR_DOMAIN_EVENT_CALLBACK(job_completed), session, NULL) < 0)
		error_end(virGetLastErrorMessage());
	virConnectSetKeepAlive(session->connection, ALIVE_S, ALIVE_COUNT);
}

static void listener_run(const char *uri, const char *why, const void *arg)
{
	struct session session = {0};

	(void)arg;
	if (!uri)
		error_end(why);
	session_open(&session, uri);
	alarm(0);
	line_write(json_object_new_object());
	while (!session.is_lost && virEventRunDefaultImpl() >= 0)
		;
}

int listener_open(pid_t daemon, const char *uri)
{
	return child_open(daemon, uri, listener_run, NULL);
}

int listener_start(struct listener *listener, int fd)
{
	if (fcntl(fd, F_SETFL, O_NONBLOCK)) {
		close(fd);
		return -errno;
	}
	listener->is_listening = true;
	listener->fd = fd;
	listener->len = 0;
	return 0;
}

void listener_stop(struct listener *listener)
{
	if (listener->is_listening)
		close(listener->fd);
	listener->is_listening = false;
}

/* An empty object: it has begun; one with an error: it has ended. */
static enum listened line_take(const struct listener *listener, struct json_object *line,
			       heard_fn *fn, void *arg, char *why, size_t size)
{
	struct heard heard = {.daemon = listener->daemon};
	struct json_object *value, *fields;

	if (json_object_object_get_ex(line, "error", &value)) {
		snprintf(why, size, "%s", json_object_get_string(value));
		json_object_put(line);
		return LISTENED_LOST;
	}
	if (!json_object_object_get_ex(line, "fields", &fields)) {
		json_object_put(line);
		return LISTENED_BEGUN;
	}
	if (json_object_object_get_ex(line, "ns", &value))
		heard.ns = json_object_get_int64(value);
	if (!json_object_object_get_ex(line, "uuid", &value) || heard.ns <= 0 ||
	    heard.ns > CLOCK_NS_MAX || uuid_parse(json_object_get_string(value), heard.uuid)) {
		snprintf(why, size, "%s", "its output is not an event");
		json_object_put(line);
		return LISTENED_LOST;
	}
	fn(arg, &heard, line);
	return LISTENED_ON;
}

/* Takes the lines that have come whole. */
static enum listened lines_take(struct listener *listener, heard_fn *fn, void *arg, char *why,
				size_t size)
{
	enum listened all = LISTENED_ON, one;
	char *end;

	while (all != LISTENED_LOST && (end = memchr(listener->line, '\n', listener->len))) {
		size_t len = (size_t)(end + 1 - listener->line);
		struct json_object *line = child_line(listener->line, len);

		snprintf(why, size, "%s", "its output is not an event");
		one = line ? line_take(listener, line, fn, arg, why, size) : LISTENED_LOST;
		if (one != LISTENED_ON)
			all = one;
		listener->len -= len;
		memmove(listener->line, end + 1, listener->len);
	}
	return all;
}

enum listened listener_read(struct listener *listener, heard_fn *fn, void *arg, char *why,
			    size_t size)
{
	ssize_t got = read(listener->fd, listener->line + listener->len,
			   sizeof(listener->line) - listener->len);
	enum listened listened;

	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return LISTENED_ON;
	if (got <= 0) {
		snprintf(why, size, "%s",
			 listener->len == sizeof(listener->line) ? "its output is too long"
								 : "the connection has ended");
		listener_stop(listener);
		return LISTENED_LOST;
	}
	listener->len += (size_t)got;
	listened = lines_take(listener, fn, arg, why, size);
	if (listened == LISTENED_LOST)
		listener_stop(listener);
	return listened;
}
