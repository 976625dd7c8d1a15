/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The recorder at work: waits for what comes, and for what is due. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/signals.h"
#include "base/time.h"
#include "probe/host/installed.h"
#include "recorder/state.h"

/* What is always waited for; behind it those who talk to libvirt. */
enum fd {
	FD_EVENTS,
	FD_SIGNALS,
	FD_TIMER,
	FD_QUESTIONS,
	FD_PEER,
	FD_WATCHER,
	FD_READER, /* of what we print: an error where it has gone */
	FD_PROCESSES,
	FD_PROBER,
	FD_INSTALLED,
	FDS,
};

/* Returns how long it is until then (INT64_MAX: never), ms, rounded up; or before_ms (-1: never),
 * if that is sooner. */
static int sooner_ms(int64_t due_ns, int before_ms)
{
	int left_ms;

	if (due_ns == INT64_MAX)
		return before_ms;
	left_ms = time_left_ms(due_ns, time_now_ns());
	return before_ms >= 0 && before_ms < left_ms ? before_ms : left_ms;
}

/* Returns for how long nothing is to be done, ms; without end while nothing migrates. */
static int recorder_pause_ms(const struct recorder *recorder)
{
	const struct watcher *watcher = recorder->watcher;
	int pause_ms = watcher ? watcher->pause_ms(watcher->arg, recorder_now(recorder)) : -1;

	pause_ms = sooner_ms(rescan_due_ns(&recorder->rescan), pause_ms);
	if (recorder->listeners)
		pause_ms = sooner_ms(listeners_due_ns(recorder->listeners), pause_ms);
	pause_ms = sooner_ms(schedule_due_ns(&recorder->schedule), pause_ms);
	pause_ms = sooner_ms(link_silent_ns(recorder), pause_ms);
	pause_ms = sooner_ms(sched_due_ns(recorder), pause_ms);
	pause_ms = sooner_ms(watch_due_ns(recorder), pause_ms);
	pause_ms = sooner_ms(vcpus_due_ns(recorder), pause_ms);
	pause_ms = sooner_ms(output_due_ns(recorder->output), pause_ms);
	return sooner_ms(watchdog_due_ns(recorder), pause_ms);
}

static void recorder_tend(struct recorder *recorder)
{
	int64_t now = time_now_ns();

	if (schedule_take(&recorder->schedule, now))
		recorder_look(recorder);
	if (now >= rescan_due_ns(&recorder->rescan))
		recorder_rescan(recorder);
	if (recorder->listeners)
		listeners_tend(recorder->listeners, now);
	sched_tend(recorder, now);
	if (output_tend(recorder->output, now))
		recorder_snapshot(recorder); /* which has how many were lost */
	watchdog_tend(recorder, now);
	watch_tend(recorder, now);
	vcpus_tend(recorder, now);
}

/* Returns whether whoever asks has been silent for too long: the way to it may be cut, unseen. */
static bool recorder_is_left(const struct recorder *recorder)
{
	if (time_now_ns() < link_silent_ns(recorder))
		return false;
	diag("no clock query on stdin for %" PRId64 " s: assuming that the peer is lost",
	     recorder->settings->silence_ms / 1000);
	return true;
}

/* Returns whether the recording goes on. */
static bool recorder_turn(struct recorder *recorder)
{
	struct watcher *watcher = recorder->watcher;
	enum watch next = watcher ? watcher->turn(watcher->arg, recorder_now(recorder)) : WATCH_ON;

	if (next == WATCH_LOOK) {
		recorder_look(recorder);
		next = watcher->turn(watcher->arg, recorder_now(recorder));
	}
	return next != WATCH_END;
}

/* Passes on what the prober has to say, without which nothing goes on. */
static void recorder_hear(struct recorder *recorder)
{
	if (!prober_said(recorder->prober) || recorder->err)
		return;
	diag("the probing process has ended");
	recorder->err = -ESRCH;
}

static void fds_fill(const struct recorder *recorder, struct pollfd *fds)
{
	const struct watcher *watcher = recorder->watcher;
	bool is_printing = watcher || recorder->out == stdout;

	fds[FD_EVENTS].fd = tracer_fd(recorder->tracer);
	fds[FD_SIGNALS].fd = recorder->signals;
	fds[FD_TIMER].fd = recorder->timer;
	fds[FD_QUESTIONS].fd = recorder->settings->answers ? STDIN_FILENO : -1;
	fds[FD_PEER].fd = recorder->peer ? peer_fd(recorder->peer) : -1;
	fds[FD_WATCHER].fd = watcher ? watcher->fd : -1;
	fds[FD_READER].fd = is_printing ? STDOUT_FILENO : -1;
	fds[FD_PROCESSES].fd = processes_fd(recorder->processes);
	fds[FD_PROBER].fd = prober_fd(recorder->prober);
	fds[FD_INSTALLED].fd = recorder->installed;
	for (int i = 0; i < FDS; i++)
		fds[i].events = i == FD_READER ? 0 : POLLIN;
}

/* Returns whether the recording goes on. */
static bool recorder_signalled(const struct recorder *recorder)
{
	const int *reload = recorder->settings->reload;

	if (!reload || signals_read(recorder->signals) != SIGHUP)
		return false;
	shutdown(*reload, SHUT_WR);
	return true;
}

/* Reads what has come. Returns whether the recording goes on. */
static bool recorder_read(struct recorder *recorder, struct pollfd *fds)
{
	if (fds[FD_READER].revents)
		recorder->err = -EPIPE;
	if ((fds[FD_SIGNALS].revents && !recorder_signalled(recorder)) || fds[FD_TIMER].revents ||
	    (fds[FD_QUESTIONS].revents && !link_serve(recorder)))
		return false;
	if (fds[FD_PROBER].revents)
		recorder_hear(recorder);
	if (fds[FD_INSTALLED].revents && installed_changed(recorder->installed))
		rescan_started(&recorder->rescan, time_now_ns());
	if (fds[FD_PEER].revents && !link_hear(recorder))
		fds[FD_PEER].fd = -1;
	return true;
}

void recorder_loop(struct recorder *recorder)
{
	struct pollfd fds[FDS + JOB_STATS_FDS] = {0};

	fds_fill(recorder, fds);
	while (!recorder->err && recorder_turn(recorder) && !recorder_is_left(recorder)) {
		int ready;

		job_stats_poll(recorder, fds + FDS);
		ready = poll(fds, sizeof(fds) / sizeof(fds[0]), recorder_pause_ms(recorder));
		if (ready < 0 && errno != EINTR)
			recorder_check(recorder, -errno);
		if (!recorder_read(recorder, fds))
			break;
		if (ready > 0)
			job_stats_read(recorder, fds + FDS);
		recorder_consume(recorder);
		recorder_forget(recorder);
		recorder_tend(recorder);
	}
}
