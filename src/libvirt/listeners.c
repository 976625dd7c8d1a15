/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Listens to all daemons of a host, and again to those that it has lost. */
#include "libvirt/listeners.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/diag.h"
#include "core/recording/recording.h"
#include "base/text.h"

#define RETRY_NS     INT64_C(500000000) /* at first; then twice as long each time, */
#define RETRY_NS_MAX INT64_C(30000000000)

struct one {
	struct listener listener; /* of no daemon: free */
	int64_t retry_ns;	  /* when, if nobody listens */
	int64_t pause_ns;	  /* until the try after that */
	bool has_reported;	  /* that it does not work */
};

struct listeners {
	talk_fn *talk;
	heard_fn *heard;
	void *arg;
	struct one one[LISTENERS_MAX];
	bool is_full; /* and has said so */
};

struct listeners *listeners_new(talk_fn *talk, heard_fn *heard, void *arg)
{
	struct listeners *listeners = calloc(1, sizeof(*listeners));

	if (!listeners)
		return NULL;
	listeners->talk = talk;
	listeners->heard = heard;
	listeners->arg = arg;
	return listeners;
}

static bool process_has_ended(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (fd >= 0)
		close(fd);
	return fd < 0 && errno == ESRCH;
}

/* One line for as long as it does not work; none of a daemon that has gone, with its events. */
static void one_lost(struct one *one, const char *why, int64_t now_ns)
{
	pid_t daemon = one->listener.daemon;
	char safe[TEXT_UTF8_MAX(JOB_ERROR)];

	if (process_has_ended(daemon)) {
		one->listener.daemon = 0;
		return;
	}
	text_to_utf8(safe, why, strlen(why));
	text_shown(safe, safe);
	if (!one->has_reported)
		diag("libvirt, pid %d: cannot subscribe to job events: %s; retrying: until then "
		     "its own "
		     "numbers of jobs may be missing",
		     daemon, safe);
	one->has_reported = true;
	one->retry_ns = now_ns + one->pause_ns;
	one->pause_ns = one->pause_ns * 2 < RETRY_NS_MAX ? one->pause_ns * 2 : RETRY_NS_MAX;
}

static void one_start(const struct listeners *listeners, struct one *one, int64_t now_ns)
{
	int fd = listeners->talk(listeners->arg, one->listener.daemon, NULL);
	int err = fd < 0 ? fd : listener_start(&one->listener, fd);

	if (err)
		one_lost(one, strerror(-err), now_ns);
}

void listeners_add(struct listeners *listeners, pid_t daemon, int64_t now_ns)
{
	struct one *room = NULL;

	for (size_t i = LISTENERS_MAX; i-- > 0;) {
		if (listeners->one[i].listener.daemon == daemon)
			return;
		if (!listeners->one[i].listener.daemon)
			room = &listeners->one[i];
	}
	if (!room) {
		if (!listeners->is_full)
			diag("libvirt, pid %d: no subscription to job events: too many daemons "
			     "(max %d): its own numbers of jobs may be missing",
			     daemon, LISTENERS_MAX);
		listeners->is_full = true;
		return;
	}
	*room = (struct one){.listener.daemon = daemon, .pause_ns = RETRY_NS};
	one_start(listeners, room, now_ns);
}

void listeners_poll(const struct listeners *listeners, struct pollfd *fds)
{
	for (size_t i = 0; i < LISTENERS_MAX; i++) {
		const struct listener *listener = &listeners->one[i].listener;

		fds[i] = (struct pollfd){.fd = listener->is_listening ? listener->fd : -1,
					 .events = POLLIN};
	}
}

void listeners_read(struct listeners *listeners, const struct pollfd *fds, int64_t now_ns)
{
	for (size_t i = 0; i < LISTENERS_MAX; i++) {
		struct one *one = &listeners->one[i];
		char why[JOB_ERROR];
		enum listened listened;

		if (!one->listener.is_listening || (fds && !fds[i].revents))
			continue;
		listened = listener_read(&one->listener, listeners->heard, listeners->arg, why,
					 sizeof(why));
		if (listened == LISTENED_LOST)
			one_lost(one, why, now_ns);
		if (listened != LISTENED_BEGUN)
			continue;
		one->has_reported = false;
		one->pause_ns = RETRY_NS;
	}
}

static bool is_waiting(const struct one *one)
{
	return one->listener.daemon && !one->listener.is_listening;
}

int64_t listeners_due_ns(const struct listeners *listeners)
{
	int64_t due_ns = INT64_MAX;

	for (size_t i = 0; i < LISTENERS_MAX; i++)
		if (is_waiting(&listeners->one[i]) && listeners->one[i].retry_ns < due_ns)
			due_ns = listeners->one[i].retry_ns;
	return due_ns;
}

void listeners_tend(struct listeners *listeners, int64_t now_ns)
{
	for (size_t i = 0; i < LISTENERS_MAX; i++)
		if (is_waiting(&listeners->one[i]) && listeners->one[i].retry_ns <= now_ns)
			one_start(listeners, &listeners->one[i], now_ns);
}

void listeners_free(struct listeners *listeners)
{
	for (size_t i = 0; listeners && i < LISTENERS_MAX; i++)
		listener_stop(&listeners->one[i].listener);
	free(listeners);
}
