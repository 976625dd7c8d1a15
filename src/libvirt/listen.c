/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Listens to a daemon's JOB_COMPLETED events in a process of its own, without privileges. */
#include "libvirt/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <uuid/uuid.h>

#include "base/json.h"
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
	listener->line = (struct line){.bytes = listener->bytes, .room = sizeof(listener->bytes)};
	return 0;
}

void listener_stop(struct listener *listener)
{
	if (listener->is_listening)
		close(listener->fd);
	listener->is_listening = false;
}

/* Who gets the events, and what becomes of the listener. */
struct hearing {
	struct listener *listener;
	heard_fn *fn;
	void *arg;
	char *why;
	size_t why_size;
	enum listened listened;
};

/* Returns what ends the reading: nobody listens any more. */
static int hearing_lost(struct hearing *hearing, const char *why)
{
	snprintf(hearing->why, hearing->why_size, "%s", why);
	hearing->listened = LISTENED_LOST;
	return -ENOTCONN;
}

/* An empty object: it has begun; one with an error: it has ended. */
static int object_take(struct hearing *hearing, struct json_object *object)
{
	struct heard heard = {.daemon = hearing->listener->daemon};
	struct json_object *value, *fields;

	if (json_object_object_get_ex(object, "error", &value))
		return hearing_lost(hearing, json_object_get_string(value));
	if (!json_object_object_get_ex(object, "fields", &fields)) {
		hearing->listened = LISTENED_BEGUN;
		return 0;
	}
	if (json_object_object_get_ex(object, "ns", &value))
		heard.ns = json_object_get_int64(value);
	if (!json_object_object_get_ex(object, "uuid", &value) || heard.ns <= 0 ||
	    heard.ns > CLOCK_NS_MAX || uuid_parse(json_object_get_string(value), heard.uuid))
		return hearing_lost(hearing, "its output is not an event");
	hearing->fn(hearing->arg, &heard, json_object_get(object));
	return 0;
}

static int event_take(void *arg, const char *bytes, size_t length)
{
	struct json_object *object = child_line(bytes, length);
	int err =
		object ? object_take(arg, object) : hearing_lost(arg, "its output is not an event");

	json_object_put(object);
	return err;
}

enum listened listener_read(struct listener *listener, heard_fn *fn, void *arg, char *why,
			    size_t size)
{
	struct hearing hearing = {listener, fn, arg, why, size, LISTENED_ON};
	char bytes[LISTEN_LINE];
	ssize_t got = read(listener->fd, bytes, sizeof(bytes));

	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return LISTENED_ON;
	if (got <= 0)
		hearing_lost(&hearing, "the connection has ended");
	else if (lines_take(&listener->line, bytes, (size_t)got, event_take, &hearing) == -EPROTO)
		hearing_lost(&hearing, "its output is too long");
	if (hearing.listened == LISTENED_LOST)
		listener_stop(listener);
	return hearing.listened;
}
