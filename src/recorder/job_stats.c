/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libvirt says of its jobs: asked when one ends, and listened to. */
#include <poll.h>
#include <string.h>

#include "base/time.h"
#include "record/write.h"
#include "recorder/state.h"

static int recorder_talk(void *context, pid_t daemon, const uint8_t *uuid)
{
	const struct recorder *recorder = context;

	return prober_talk(recorder->prober, daemon, uuid);
}

static void recorder_asked(void *context, const struct ask *ask, struct json_object *answer)
{
	struct recorder *recorder = context;
	struct job_stats job = {.end_ns = ask->end_ns, .pid = (uint32_t)ask->daemon};

	memcpy(job.uuid, ask->uuid, MT_UUID);
	recorder_check(recorder, record_write_job_stats(recorder->out, &job, answer));
}

static void recorder_heard(void *context, const struct heard *heard, struct json_object *answer)
{
	struct recorder *recorder = context;
	struct job_stats job = {
		.end_ns = recorder_stamp(recorder, heard->ns),
		.is_event = true,
		.pid = (uint32_t)heard->daemon,
	};

	memcpy(job.uuid, heard->uuid, MT_UUID);
	recorder_check(recorder, record_write_job_stats(recorder->out, &job, answer));
}

void job_stats_begin(struct recorder *recorder)
{
	if (!recorder->settings->stats.are_wanted)
		return;
	recorder->asks = asks_new(recorder_talk, recorder_asked, recorder);
	recorder->listeners = listeners_new(recorder_talk, recorder_heard, recorder);
}

void job_stats_listen(struct recorder *recorder, const pid_t *pids, size_t count)
{
	for (size_t i = 0; recorder->listeners && i < count; i++)
		listeners_add(recorder->listeners, pids[i], time_now_ns());
}

void job_stats_poll(const struct recorder *recorder, struct pollfd *fds)
{
	for (size_t i = 0; i < ASKS_MAX + LISTENERS_MAX; i++)
		fds[i] = (struct pollfd){.fd = -1};
	if (recorder->asks)
		asks_poll(recorder->asks, fds);
	if (recorder->listeners)
		listeners_poll(recorder->listeners, fds + ASKS_MAX);
}

/* The events first: they say it where it cannot be asked any more. */
void job_stats_read(struct recorder *recorder, const struct pollfd *fds)
{
	if (recorder->listeners)
		listeners_read(recorder->listeners, fds + ASKS_MAX, time_now_ns());
	if (recorder->asks)
		asks_read(recorder->asks, fds);
}

void job_stats_finish(struct recorder *recorder)
{
	if (recorder->asks)
		asks_finish(recorder->asks);
	if (recorder->listeners)
		listeners_read(recorder->listeners, NULL, time_now_ns());
}

void job_stats_free(struct recorder *recorder)
{
	asks_free(recorder->asks);
	listeners_free(recorder->listeners);
}
