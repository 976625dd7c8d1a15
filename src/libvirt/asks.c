/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asks the daemons of each job that may have ended, some at once. */
#include "libvirt/asks.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"

struct asks {
	talk_fn *talk;
	asked_fn *asked;
	void *arg;
	struct ask ask[ASKS_MAX];
	bool has_warned;
};

struct asks *asks_new(talk_fn *talk, asked_fn *asked, void *arg)
{
	struct asks *asks = calloc(1, sizeof(*asks));

	if (asks) {
		asks->talk = talk;
		asks->asked = asked;
		asks->arg = arg;
	}
	return asks;
}

/* A call has ended that may be its job's last: what libvirt says then is of that job. */
static bool ends_job(const struct mt_event *event)
{
	return event->edge == MT_RETURN &&
	       (event->kind == MT_PERFORM || event->kind == MT_CONFIRM || event->kind == MT_FINISH);
}

/* Once, whatever comes of the next ones. */
static void asks_warn(struct asks *asks, const char *why)
{
	if (!asks->has_warned)
		diag("libvirt cannot be asked: %s: its own numbers of a job are missing", why);
	asks->has_warned = true;
}

void asks_event(struct asks *asks, const struct mt_event *event)
{
	struct ask *ask = asks->ask;
	int fd;

	if (!ends_job(event))
		return;
	while (ask < asks->ask + ASKS_MAX && ask->is_asking)
		ask++;
	if (ask == asks->ask + ASKS_MAX) {
		asks_warn(asks, "too many queries at once");
		return;
	}
	ask->end_ns = (int64_t)event->ktime_ns;
	memcpy(ask->uuid, event->uuid, MT_UUID);
	ask->daemon = (pid_t)event->tgid;
	fd = asks->talk(asks->arg, ask->daemon, ask->uuid);
	if (fd >= 0)
		ask_start(ask, fd);
	else
		asks_warn(asks, strerror(-fd));
}

void asks_poll(const struct asks *asks, struct pollfd *fds)
{
	for (size_t i = 0; i < ASKS_MAX; i++)
		fds[i] = (struct pollfd){.fd = asks->ask[i].is_asking ? asks->ask[i].fd : -1,
					 .events = POLLIN};
}

void asks_read(struct asks *asks, const struct pollfd *fds)
{
	for (size_t i = 0; i < ASKS_MAX; i++) {
		struct json_object *answer = fds[i].revents ? ask_read(&asks->ask[i]) : NULL;

		if (answer)
			asks->asked(asks->arg, &asks->ask[i], answer);
	}
}

void asks_finish(struct asks *asks)
{
	for (size_t i = 0; i < ASKS_MAX; i++)
		if (asks->ask[i].is_asking)
			asks->asked(asks->arg, &asks->ask[i], ask_finish(&asks->ask[i]));
}

void asks_free(struct asks *asks)
{
	free(asks);
}
