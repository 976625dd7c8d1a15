/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `migtrace live` and `wait`: record this host and its peers, report each migration when it has
 * ended. */

#include "base/diag.h"
#include "cmd/commands.h"
#include "cmd/over.h"
#include "live/session.h"
#include "probe/host/identity.h"
#include "recorder/recorder.h"
#include "recorder/stamps.h"

/* The recorder's watcher is the session. */

static void live_found(void *arg, const struct daemons *daemons)
{
	struct host_names *names = host_names_new();
	struct daemon daemon = daemon_identify(names, daemons->pids[0]);

	session_found(arg, &(struct watched){
				   .daemons = daemons->pid_count,
				   .pid = (int)daemons->pids[0],
				   .host = daemon.host,
			   });
	host_names_free(names);
}

static void live_attached(void *arg, const struct daemons *daemons, struct target *const *targets)
{
	struct watched watched = {.daemons = daemons->pid_count, .files = daemons->file_count};

	for (size_t i = 0; i < daemons->file_count; i++) {
		if (!targets[i])
			continue;
		watched.probed++;
		watched.probes += targets[i]->points.count;
		for (size_t j = 0; j < targets[i]->points.finding_count; j++)
			watched.missing += !targets[i]->points.finding[j].how[0];
	}
	session_attached(arg, &watched);
}

static void live_begun(void *arg)
{
	session_begun(arg);
}

static void live_looked(void *arg, int64_t now_ns)
{
	(void)now_ns;
	session_looked(arg);
}

static enum watch live_turn(void *arg, int64_t now_ns)
{
	static const enum watch next[] = {
		[SESSION_ON] = WATCH_ON,
		[SESSION_LOOK] = WATCH_LOOK,
		[SESSION_END] = WATCH_END,
	};

	return next[session_turn(arg, now_ns)];
}

static int live_pause_ms(void *arg, int64_t now_ns)
{
	return session_pause_ms(arg, now_ns);
}

static void live_ended(void *arg, const struct tracer_counts *counts)
{
	session_ended(arg, counts->lost);
}

static int64_t live_now_ns(void *arg)
{
	return recorder_clock_ns(arg);
}

static enum status live_run(const struct live_options *options, const char *domain)
{
	struct recorder_settings recorder = options->recorder;
	const struct session_clock clock = {live_now_ns, &recorder};
	struct session *session = session_new(&options->live, &clock, domain);
	struct watcher watcher = {
		.arg = session,
		.has_peers = options->live.peer_count,
		.found = live_found,
		.attached = live_attached,
		.begun = live_begun,
		.looked = live_looked,
		.turn = live_turn,
		.pause_ms = live_pause_ms,
		.ended = live_ended,
	};

	if (!session)
		return STATUS_FAILURE;
	watcher.out = session_out(session);
	watcher.fd = session_fd(session);
	return session_end(session, recorder_watched(&recorder, &watcher));
}

enum status cmd_live(const struct options *options)
{
	if (options->file_count) {
		diag("live takes no files; see migtrace report");
		return STATUS_USAGE;
	}
	return live_run(&options->live, NULL);
}

enum status cmd_wait(const struct options *options)
{
	if (over_is_meant(options))
		return over_judge(options);
	if (options->file_count != 1) {
		diag("wait: no domain given: name or UUID");
		return STATUS_USAGE;
	}
	return live_run(&options->live, options->files[0]);
}
