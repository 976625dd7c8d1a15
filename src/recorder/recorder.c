/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records from the first look for daemons to the last line. */
#include "recorder/recorder.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/pages.h"
#include "base/signals.h"
#include "base/time.h"
#include "probe/host/installed.h"
#include "probe/host/pid_namespace.h"
#include "probe/kernel/kernel.h"
#include "probe/kernel/uretprobe.h"
#include "probe/target/target_cache.h"
#include "record/write.h"
#include "recorder/stamps.h"
#include "recorder/state.h"
#include "sandbox/output_file.h"
#include "sandbox/privileges.h"

void recorder_check(struct recorder *recorder, int err)
{
	if (!err || recorder->err)
		return;
	recorder->err = err;
	/* A reader that has had enough is no error; of another of stdout's main() tells. */
	if (err != -EPIPE && (recorder->out != stdout || !ferror(stdout)))
		diag("cannot write the recording: %s", strerror(-err));
}

/* Makes the timer readable after duration_ms from now; never, for 0. Returns 0 or -errno. */
static int timer_start(int timer, int64_t duration_ms)
{
	const struct itimerspec when = {
		.it_value = {duration_ms / 1000, duration_ms % 1000 * 1000000},
	};

	return timerfd_settime(timer, 0, &when, NULL) ? -errno : 0;
}

static void recorder_begin(struct recorder *recorder, const struct daemons *daemons,
			   struct target *const *targets)
{
	recorder_check(recorder, record_write_header(recorder->out, recorder->asks,
						     stamps_are_kernels(recorder->settings)));
	for (size_t i = 0; i < daemons->file_count; i++)
		if (targets[i])
			recorder_target(recorder, targets[i]);
	for (size_t i = 0; i < daemons->pid_count; i++)
		recorder_process(recorder, (uint32_t)daemons->pids[i]);
	job_stats_listen(recorder, daemons->pids, daemons->pid_count);
	recorder->asked_ns = time_now_ns(); /* nobody asks before the first line */
	schedule_event(&recorder->schedule, time_now_ns());
	recorder_snapshot(recorder);
}

static void lost_warn(struct recorder *recorder)
{
	diag("%" PRIu64 " events were lost: reports leave out what they may have changed",
	     recorder_lost(recorder));
	recorder->has_lost = true;
}

/*
 * Detaches first, so that nothing comes after the last event that is written. What came before that
 * lies between two snapshots which are not the last: only such a span has one beside it on each
 * side, by which the clock's rate in it is known (core/recording/raw.h).
 */
static void recorder_end(struct recorder *recorder)
{
	struct tracer_counts counts;

	recorder_snapshot(recorder);
	watch_finish(recorder);
	vcpus_finish(recorder);
	prober_detach(recorder->prober);
	recorder_consume(recorder);
	job_stats_finish(recorder);
	recorder_snapshot(recorder);
	counts = tracer_counts(recorder->tracer);
	recorder_check(recorder, record_write_end(recorder->out,
						  &(struct record_counts){counts.hits,
									  recorder_lost(recorder),
									  counts.unreadable}));
	if (recorder->watcher)
		recorder->watcher->ended(recorder->watcher->arg, &counts);
	else if (recorder_lost(recorder))
		lost_warn(recorder);
}

/* Opened only when there is something to record: a recording that is there is not
 * lost for nothing. */
static FILE *output_open(struct recorder *recorder)
{
	const char *path = recorder->settings->out;
	int fd = path ? output_file_create(path, OUTPUT_RECORDING) : -1;

	if (!path)
		return stdout;
	return fd < 0 ? NULL : output_new(fd, path, &recorder->output);
}

/* What waits for room on the disk has a last chance. */
static void output_end(struct recorder *recorder)
{
	if (recorder->watcher || recorder->out == stdout)
		return;
	if (fclose(recorder->out))
		recorder_check(recorder, -errno);
	recorder->output = NULL;
}

/* From now on we can but read and write what is open. Returns whether it goes on. */
static bool recorder_separate(struct recorder *recorder, struct daemons *daemons)
{
	const struct prober_means means = {
		.tracer = recorder->tracer,
		.look = &recorder->look,
		.host = &recorder->settings->probe.host,
		.stats_uri = recorder->settings->stats.uri,
	};

	daemons_close(daemons);
	recorder->prober = prober_new(&means);
	target_cache_free(recorder->look.cache); /* what it holds open is the prober's affair now */
	recorder->look.cache = NULL;
	if (recorder->prober)
		return true;
	recorder->err = -errno;
	diag("cannot start the probing process: %s", strerror(errno));
	return false;
}

/* A program sees the first look at the clocks. */
void recorder_say(struct recorder *recorder)
{
	const char *out = recorder->settings->out;

	if (recorder->is_told)
		return;
	recorder->is_told = true;
	if (out && !recorder->watcher && !recorder->settings->answers && isatty(STDERR_FILENO))
		diag("recording to %s: %zu libvirt daemons, %zu files", out, recorder->daemons,
		     recorder->files);
}

static void recorder_go(struct recorder *recorder, const struct daemons *daemons,
			struct target *const *targets)
{
	if (recorder->watcher)
		recorder->watcher->begun(recorder->watcher->arg);
	else
		link_begin(recorder);
	recorder_begin(recorder, daemons, targets);
	recorder->daemons = daemons->pid_count;
	recorder->files = daemons->file_count;
	if (!recorder->peer)
		recorder_say(recorder);
	recorder_check(recorder, timer_start(recorder->timer, recorder->settings->duration_ms));
	pages_trim(); /* what finding and loading took */
	recorder_loop(recorder);
	link_end(recorder);
	recorder_end(recorder);
}

/* Attaches to all files of the daemons, and records. Returns 0, or -errno with a line on stderr. */
static int recorder_record(struct recorder *recorder, struct daemons *daemons)
{
	struct target *targets[DAEMONS_MAX] = {0};

	if (recorder_may_begin(recorder, daemons, targets))
		recorder->out = recorder->watcher ? recorder->watcher->out : output_open(recorder);
	if (recorder->out) {
		if (recorder->watcher)
			recorder->watcher->attached(recorder->watcher->arg, daemons, targets);
		else
			link_prepare(recorder);
		if (recorder_separate(recorder, daemons))
			recorder_go(recorder, daemons, targets);
		link_end(recorder);
		output_end(recorder);
	}
	for (size_t i = 0; i < daemons->file_count; i++)
		free(targets[i]);
	return recorder->out ? recorder->err : -EIO;
}

static int recorder_tracer(struct recorder *recorder, const struct daemons *daemons)
{
	const struct recorder_settings *settings = recorder->settings;
	const struct tracer_setup setup = {
		.host = settings->probe.host,
		.qemu_netns = daemons->netns,
		.way = settings->way,
		.daemons = daemons->pid_count,
		.test_entries = settings->test_entries,
		.test_sites = settings->test_sites,
		.test_private_stack = settings->test_private_stack,
	};

	return tracer_new(&setup, &recorder->tracer);
}

/* Returns 0, or -errno with a line on stderr; recorder_free() frees in either case. */
static int recorder_init(struct recorder *recorder, const struct recorder_settings *settings,
			 struct watcher *watcher)
{
	*recorder = (struct recorder){
		.settings = settings,
		.watcher = watcher,
		.look = {target_cache_new(), settings->probe.ask_debuginfod, settings->with_devices,
			 !settings->probe.test_no_returns && uretprobe_is_safe()},
		.processes = processes_new(),
		.signals = signals_open(),
		.timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC),
		.installed = settings->probe.host.kind == MT_FILTER_NONE ? installed_watch() : -1,
	};
	signal(SIGPIPE, SIG_IGN);
	watchdog_begin(recorder);
	answer_begin(&recorder->answer);
	job_stats_begin(recorder);
	if (recorder->signals >= 0 && recorder->timer >= 0 && recorder->look.cache &&
	    recorder->processes)
		return 0;
	diag("cannot begin to record: %s", strerror(errno));
	return -EIO;
}

/* Where there is no daemon yet its start has to be noticed. */
static bool recorder_can_wait(const struct recorder *recorder, const struct daemons *daemons)
{
	if (daemons->pid_count || tracer_watches(recorder->tracer))
		return true;
	diag("no libvirt daemon, and the kernel does not tell of its start: start it first");
	return false;
}

/* Returns 0, or -errno with a line on stderr; -EPIPE, without one: nobody reads any more. */
static int recorder_run(struct recorder *recorder, struct daemons *daemons)
{
	int err;

	if (recorder_tracer(recorder, daemons))
		return -EIO;
	err = recorder_can_wait(recorder, daemons) ? recorder_record(recorder, daemons) : -EIO;
	tracer_free(recorder->tracer);
	return err;
}

static void recorder_free(struct recorder *recorder)
{
	target_cache_free(recorder->look.cache);
	processes_free(recorder->processes);
	for (size_t i = 0; i <= MT_TARGETS_MAX; i++)
		free(recorder->states[i]);
	job_stats_free(recorder);
	prober_free(recorder->prober);
	watchdog_end(recorder);
	close(recorder->signals);
	close(recorder->timer);
	close(recorder->installed);
}

static enum status record(const struct recorder_settings *settings, struct daemons *daemons,
			  struct watcher *watcher)
{
	struct recorder recorder;
	int err = recorder_init(&recorder, settings, watcher) ?: recorder_run(&recorder, daemons);

	recorder_free(&recorder);
	if (err == -EPIPE)
		return STATUS_LEFT;
	if (err || recorder.is_full || !(recorder.is_whole || settings->best_effort))
		return STATUS_FAILURE;
	return recorder.has_lost && !settings->best_effort ? STATUS_INCOMPLETE : STATUS_OK;
}

/* Returns those that there are, or may be later, as they come and go on any host; NULL with errno.
 */
static struct daemons *daemons_awaited(const struct recorder_settings *settings,
				       const struct watcher *watcher)
{
	struct daemons *daemons = daemons_new(&settings->probe.host);
	bool may_come =
		settings->probe.host.kind == MT_FILTER_NONE || (watcher && watcher->has_peers);

	if (!daemons && errno == ENOENT && may_come)
		daemons = calloc(1, sizeof(*daemons));
	return daemons;
}

/* Others may run where we cannot see them. */
static void none_yet_say(void)
{
	uint32_t inode = 0;

	diag("no libvirt daemon yet: recording from the first one's start on");
	if (!pid_namespace_get(&inode) && inode)
		diag("of this PID namespace: to record all of the host's, run in its own "
		     "(hostPID: true)");
}

enum status recorder_watched(const struct recorder_settings *settings, struct watcher *watcher)
{
	struct daemons *daemons;
	enum status status;

	if (!privileges_suffice(settings->way == ATTACH_PERF || !kernel_has_multi()))
		return STATUS_FAILURE;
	daemons = daemons_awaited(settings, watcher);
	if (!daemons) {
		daemons_warn_error(errno, &settings->probe.host);
		return STATUS_FAILURE;
	}
	if (watcher)
		watcher->found(watcher->arg, daemons);
	else if (!daemons->pid_count)
		none_yet_say();
	status = record(settings, daemons, watcher);
	daemons_free(daemons);
	return status;
}
