/* SPDX-License-Identifier: GPL-2.0-or-later */
/* migtrace record: what the daemons of this host do, as records, until a signal or a time. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "cmd/commands.h"
#include "cmd/recorder.h"
#include "cmd/unprobed.h"
#include "libvirt/asks.h"
#include "libvirt/listeners.h"
#include "link/answer.h"
#include "link/peer.h"
#include "link/starter.h"
#include "probe/kernel/kernel.h"
#include "probe/host/processes.h"
#include "probe/host/rescan.h"
#include "probe/target/target.h"
#include "probe/target/target_cache.h"
#include "probe/kernel/tracer.h"
#include "probe/kernel/uretprobe.h"
#include "record/reply.h"
#include "record/snapshot.h"
#include "record/write.h"
#include "recorder/prober.h"
#include "sandbox/privileges.h"
#include "sandbox/output_file.h"

/* While events come the clocks are looked at as often. */
#define SNAPSHOT_MS 100

/*
 * When they are looked at after the last event: soon; twice behind the window of all that was over
 * by then (core/side/window.h), so that it can be told of; and when what was cut off, or left by
 * its client, is given up.
 */
static const int64_t look_ms[] = {SNAPSHOT_MS, 560, 600, 6000, 31000};

#define LOOKS (sizeof(look_ms) / sizeof(look_ms[0]))

#define FDS 9 /* that are always waited for */

struct recorder {
	const struct recorder_settings *settings;
	FILE *out;
	struct target_look look;
	struct tracer *tracer;
	struct prober *prober;			    /* which has our privileges */
	struct enum_names *states[DAEMONS_MAX + 1]; /* of migrations, by the file's number */
	struct processes *processes;		    /* that the recording names */
	struct watcher *watcher;		    /* NULL: none */
	int64_t snapshot_ns;			    /* of the last one */
	int64_t event_ns;			    /* when the last event was read */
	size_t looks;				    /* still to be made after it */
	struct starter *starter;		    /* of the peer */
	struct peer *peer;			    /* NULL: none */
	struct answer answer;
	struct asks *asks;	     /* NULL: none */
	struct listeners *listeners; /* NULL: none */
	struct rescan rescan;
	bool is_whole; /* nothing vital that is there could not be probed */
	int err;
};

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

static void recorder_check(struct recorder *recorder, int err)
{
	if (!err || recorder->err)
		return;
	recorder->err = err;
	/* A reader that has had enough is no error; of another of stdout's main() tells. */
	if (err != -EPIPE && (recorder->out != stdout || !ferror(stdout)))
		fprintf(stderr, "migtrace: cannot write the recording: %s\n", strerror(-err));
}

/* What a clock would show that runs as fast as tests want; they inject it here, and know the truth.
 */
static int64_t clock_drifted(const struct recorder_settings *settings, int64_t ns)
{
	return ns + (int64_t)((__int128)ns * settings->test_clock_drift_ppb / 1000000000);
}

static int64_t recorder_stamp(const struct recorder *recorder, int64_t ns)
{
	return clock_drifted(recorder->settings, ns) + recorder->settings->test_clock_offset_ns;
}

/* Whether the recording's stamps can be compared with those of another one of this kernel. */
static bool has_kernel_clock(const struct recorder_settings *settings)
{
	return !settings->test_clock_offset_ns && !settings->test_clock_drift_ppb;
}

/* The clock that is in the recording, so that tests can make it what they like. */
static int64_t recorder_now(const struct recorder *recorder)
{
	return recorder_stamp(recorder, now_ns());
}

static void recorder_snapshot(struct recorder *recorder)
{
	struct clock_snapshot snapshot = snapshot_take(tracer_counts(recorder->tracer).lost);

	recorder->snapshot_ns = snapshot.mono_before_ns;
	snapshot.mono_before_ns = recorder_stamp(recorder, snapshot.mono_before_ns);
	snapshot.mono_after_ns = recorder_stamp(recorder, snapshot.mono_after_ns);
	snapshot.raw_ns = clock_drifted(recorder->settings, snapshot.raw_ns);
	recorder_check(recorder, record_write_snapshot(recorder->out, &snapshot));
}

/* Returns what is known of the process, which is named in the recording when it is new. */
static const struct process *recorder_process(struct recorder *recorder, uint32_t pid)
{
	bool is_new;
	const struct process *process = processes_find(recorder->processes, pid, &is_new);

	if (is_new) {
		struct daemon daemon = prober_identify(recorder->prober, (pid_t)pid);

		recorder_check(recorder, record_write_daemon(recorder->out, &daemon));
	}
	return process;
}

/* Compares the UUID that a QEMU has with what libvirt told it; or takes that, if QEMU's is hidden.
 */
static void guest_check(const struct process *process, struct mt_event *event)
{
	static const uint8_t none[MT_UUID];

	if (!process->has_uuid)
		return;
	if (!memcmp(event->uuid, none, MT_UUID))
		memcpy(event->uuid, process->uuid, MT_UUID);
	else
		event->uuid_check =
			memcmp(event->uuid, process->uuid, MT_UUID) ? MT_DISAGREES : MT_AGREES;
}

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

/* What QEMU's own word for its new state is: of those that have no table of them, none. */
static void state_name(const struct recorder *recorder, struct mt_event *event)
{
	uint16_t target = event->migration_state.target;
	uint32_t state = (uint32_t)event->migration_state.new;
	const struct enum_names *names;

	if (event->kind != MT_QEMU_MIGRATION_STATE || target > DAEMONS_MAX)
		return;
	names = recorder->states[target];
	if (!names || state >= names->count)
		return;
	event->text_len = (uint16_t)strlen(names->name[state]);
	memcpy(event->text, names->name[state], event->text_len);
}

/* Something has come: the clocks are looked at until some time after it. */
static void recorder_active(struct recorder *recorder)
{
	recorder->event_ns = now_ns();
	recorder->looks = LOOKS;
}

static void recorder_info(struct recorder *recorder, const struct mt_event *reply, const char *text)
{
	struct mt_event info;

	if (text && !reply_info(reply, text, &info))
		recorder_check(recorder, record_write_event(recorder->out, &info));
}

static void recorder_event(void *context, const struct mt_event *event, const char *text)
{
	struct recorder *recorder = context;
	struct mt_event stamped = *event;

	if (event->kind == MT_EXEC) {
		rescan_started(&recorder->rescan, (int64_t)event->ktime_ns);
		return;
	}
	guest_check(recorder_process(recorder, event->tgid), &stamped);
	stamped.ktime_ns = (uint64_t)recorder_stamp(recorder, (int64_t)stamped.ktime_ns);
	if (stamped.earlier_ns)
		stamped.earlier_ns =
			(uint64_t)recorder_stamp(recorder, (int64_t)stamped.earlier_ns);
	state_name(recorder, &stamped);
	recorder_check(recorder, record_write_event(recorder->out, &stamped));
	recorder_info(recorder, &stamped, text);
	if (recorder->listeners && stamped.kind == MT_PERFORM) /* of one that no scan has seen */
		listeners_add(recorder->listeners, (pid_t)event->tgid, now_ns());
	if (recorder->asks)
		asks_event(recorder->asks, &stamped);
	recorder_active(recorder);
}

static void recorder_consume(struct recorder *recorder)
{
	int count = tracer_consume(recorder->tracer, recorder_event, recorder);

	if (count < 0)
		recorder_check(recorder, count);
}

/* What has ended is named no more: its pid may be another's. All that it gave is written before. */
static void recorder_forget(struct recorder *recorder)
{
	uint32_t pid;

	while ((pid = processes_ended(recorder->processes))) {
		recorder_consume(recorder);
		processes_forget(recorder->processes, pid);
		recorder_check(recorder,
			       record_write_gone(recorder->out, pid, recorder_now(recorder)));
		recorder_active(recorder);
	}
}

static int signals_open(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC);
}

/* Makes the timer readable after duration_ms from now; never, for 0. Returns 0 or -errno. */
static int timer_start(int timer, int64_t duration_ms)
{
	const struct itimerspec when = {
		.it_value = {duration_ms / 1000, duration_ms % 1000 * 1000000},
	};

	return timerfd_settime(timer, 0, &when, NULL) ? -errno : 0;
}

static void recorder_target(struct recorder *recorder, const struct target *target)
{
	recorder_check(recorder, record_write_target(recorder->out, target));
	if (target->states.count && target->number <= DAEMONS_MAX) {
		free(recorder->states[target->number]);
		recorder->states[target->number] = malloc(sizeof(target->states));
		if (recorder->states[target->number])
			*recorder->states[target->number] = target->states;
	}
}

static void recorder_listen(struct recorder *recorder, const pid_t *pids, size_t count)
{
	for (size_t i = 0; recorder->listeners && i < count; i++)
		listeners_add(recorder->listeners, pids[i], now_ns());
}

/* Tells what lacks. Returns whether there can be a downtime with what is probed; NULL: nothing is.
 */
static bool target_tell(enum probe_file file, const struct target *target)
{
	if (!target)
		return file == PROBE_QEMU;
	unprobed_tell(&target->points);
	return !points_lack_vital(&target->points);
}

/* Looks for the probes of a file, and attaches them. Returns the same of it. */
static bool recorder_probe(struct recorder *recorder, const struct daemon_file *file,
			   struct target **target)
{
	if (target_probe(&recorder->look, recorder->tracer, file, target))
		*target = NULL;
	return target_tell(file->file, *target);
}

/* Says once that a daemon's files cannot be opened: others may be there as well. */
static void recorder_refused(struct recorder *recorder, int err)
{
	if (err && recorder->is_whole)
		daemons_complain(-err, &recorder->settings->probe.host);
	if (err)
		recorder->is_whole = false;
}

/* Probes the files that were not there before: another version was installed, or a container came.
 */
static void recorder_rescan(struct recorder *recorder)
{
	const struct prober_found *found;

	rescan_done(&recorder->rescan, now_ns());
	while (!prober_next(recorder->prober, &found)) {
		if (found->is_last) {
			recorder_listen(recorder, found->pids, found->pid_count);
			recorder_refused(recorder, found->refused);
			return;
		}
		if (!target_tell(found->file, found->has_target ? &found->target : NULL))
			recorder->is_whole = false;
		if (found->has_target)
			recorder_target(recorder, &found->target);
	}
}

static int64_t look_due_ns(const struct recorder *recorder)
{
	return recorder->event_ns + look_ms[LOOKS - recorder->looks] * INT64_C(1000000);
}

/* Returns how long it is until then, ms, rounded up; or less, if before_ms is (-1: never). */
static int sooner_ms(int64_t due_ns, int before_ms)
{
	int64_t left_ns = due_ns - now_ns();
	int left_ms = left_ns > 0 ? (int)(left_ns / 1000000) + 1 : 0;

	return before_ms >= 0 && before_ms < left_ms ? before_ms : left_ms;
}

/* Returns for how long nothing is to be done, ms; without end while nothing migrates. */
static int recorder_pause_ms(const struct recorder *recorder)
{
	const struct watcher *watcher = recorder->watcher;
	int pause_ms = watcher ? watcher->pause_ms(watcher->arg, recorder_now(recorder)) : -1;

	if (rescan_due_ns(&recorder->rescan) < INT64_MAX)
		pause_ms = sooner_ms(rescan_due_ns(&recorder->rescan), pause_ms);
	if (recorder->listeners && listeners_due_ns(recorder->listeners) < INT64_MAX)
		pause_ms = sooner_ms(listeners_due_ns(recorder->listeners), pause_ms);
	return recorder->looks ? sooner_ms(look_due_ns(recorder), pause_ms) : pause_ms;
}

static void recorder_answer(void *context, int64_t t1_ns)
{
	struct recorder *recorder = context;
	struct exchange exchange = {.t1_ns = t1_ns, .t2_ns = recorder_now(recorder)};

	exchange.t3_ns = recorder_now(recorder);
	recorder_check(recorder, record_write_exchange(recorder->out, &exchange));
}

static void recorder_answered(void *context, struct exchange *exchange)
{
	struct recorder *recorder = context;

	exchange->t4_ns = recorder_now(recorder);
	/* What was never asked, or comes from a clock that goes backwards, is no evidence. */
	if (exchange->t1_ns <= exchange->t4_ns && exchange->t2_ns <= exchange->t3_ns)
		recorder_check(recorder, record_write_exchange(recorder->out, exchange));
}

static void recorder_look(struct recorder *recorder)
{
	recorder_snapshot(recorder);
	if (recorder->peer)
		peer_ask(recorder->peer, recorder_now(recorder));
	if (recorder->watcher)
		recorder->watcher->looked(recorder->watcher->arg, recorder_now(recorder));
}

/* Looks at the clocks ten times a second while events come, and some times after the last. */
static void recorder_tend(struct recorder *recorder)
{
	int64_t now = now_ns();
	bool is_due = recorder->looks && now >= look_due_ns(recorder);

	if (is_due)
		recorder->looks--;
	if (is_due || (recorder->event_ns > recorder->snapshot_ns &&
		       now - recorder->snapshot_ns >= SNAPSHOT_MS * INT64_C(1000000)))
		recorder_look(recorder);
	if (now >= rescan_due_ns(&recorder->rescan))
		recorder_rescan(recorder);
	if (recorder->listeners)
		listeners_tend(recorder->listeners, now);
}

/* Returns whether the recording goes on: who reads our answers may have gone. */
static bool recorder_serve(struct recorder *recorder, short ready)
{
	int err;

	if (!ready)
		return true;
	err = answer_read(&recorder->answer, STDIN_FILENO, recorder_answer, recorder);
	if (err && err != -EPIPE) {
		fprintf(stderr, "migtrace: what comes on stdin is no question: %s\n",
			strerror(-err));
		recorder->err = err;
	}
	return !err;
}

/* Those who ask, and those who listen; for poll(), which passes over what is negative. */
static void libvirt_poll(const struct recorder *recorder, struct pollfd *fds)
{
	for (size_t i = 0; i < ASKS_MAX + LISTENERS_MAX; i++)
		fds[i] = (struct pollfd){.fd = -1};
	if (recorder->asks)
		asks_poll(recorder->asks, fds);
	if (recorder->listeners)
		listeners_poll(recorder->listeners, fds + ASKS_MAX);
}

/* The events first: they say it where it cannot be asked any more. */
static void libvirt_read(struct recorder *recorder, const struct pollfd *fds)
{
	if (recorder->listeners)
		listeners_read(recorder->listeners, fds + ASKS_MAX, now_ns());
	if (recorder->asks)
		asks_read(recorder->asks, fds);
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
	fprintf(stderr, "migtrace: the process that probes has ended\n");
	recorder->err = -ESRCH;
}

static void recorder_run(struct recorder *recorder, int signals, int timer)
{
	struct pollfd fds[FDS + ASKS_MAX + LISTENERS_MAX] = {
		{.fd = tracer_fd(recorder->tracer), .events = POLLIN},
		{.fd = signals, .events = POLLIN},
		{.fd = timer, .events = POLLIN},
		{.fd = recorder->settings->answers ? STDIN_FILENO : -1, .events = POLLIN},
		{.fd = recorder->peer ? peer_fd(recorder->peer) : -1, .events = POLLIN},
		{.fd = recorder->watcher ? recorder->watcher->fd : -1, .events = POLLIN},
		{.fd = recorder->watcher || recorder->out == stdout ? STDOUT_FILENO : -1},
		{.fd = processes_fd(recorder->processes), .events = POLLIN},
		{.fd = prober_fd(recorder->prober), .events = POLLIN},
	};

	while (!recorder->err && recorder_turn(recorder)) {
		int ready;

		libvirt_poll(recorder, fds + FDS);
		ready = poll(fds, sizeof(fds) / sizeof(fds[0]), recorder_pause_ms(recorder));
		if (ready < 0 && errno != EINTR)
			recorder_check(recorder, -errno);
		if (fds[6].revents)
			recorder->err = -EPIPE; /* whoever read what we print has gone */
		if (fds[1].revents || fds[2].revents || !recorder_serve(recorder, fds[3].revents))
			break;
		if (fds[8].revents)
			recorder_hear(recorder);
		if (fds[4].revents && peer_read(recorder->peer, recorder_answered, recorder))
			fds[4].fd = -1;
		if (ready > 0)
			libvirt_read(recorder, fds + FDS);
		recorder_consume(recorder);
		recorder_forget(recorder);
		recorder_tend(recorder);
	}
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
	prober_detach(recorder->prober);
	recorder_consume(recorder);
	if (recorder->asks)
		asks_finish(recorder->asks);
	if (recorder->listeners)
		listeners_read(recorder->listeners, NULL, now_ns());
	recorder_snapshot(recorder);
	counts = tracer_counts(recorder->tracer);
	recorder_check(recorder, record_write_end(recorder->out, &counts));
	if (recorder->watcher)
		recorder->watcher->ended(recorder->watcher->arg, &counts);
	else if (counts.lost)
		fprintf(stderr, "migtrace: %llu events were lost\n",
			(unsigned long long)counts.lost);
}

static void recorder_begin(struct recorder *recorder, const struct daemons *daemons,
			   struct target *const *targets)
{
	recorder_check(recorder, record_write_header(recorder->out, recorder->asks,
						     has_kernel_clock(recorder->settings)));
	for (size_t i = 0; i < daemons->file_count; i++)
		if (targets[i])
			recorder_target(recorder, targets[i]);
	for (size_t i = 0; i < daemons->pid_count; i++)
		recorder_process(recorder, (uint32_t)daemons->pids[i]);
	recorder_listen(recorder, daemons->pids, daemons->pid_count);
	recorder_active(recorder);
	recorder_snapshot(recorder);
}

/* Opened only when there is something to record: a recording that is there is not lost for nothing.
 */
static FILE *output_open(const struct recorder_settings *settings)
{
	return settings->out ? output_file_open(settings->out) : stdout;
}

/* Attaches to the files of the daemons. Returns whether all that is vital is probed. */
static bool recorder_attach(struct recorder *recorder, const struct daemons *daemons,
			    struct target **targets)
{
	bool is_whole = true;

	for (size_t i = 0; i < daemons->file_count; i++)
		if (!recorder_probe(recorder, &daemons->files[i], &targets[i]))
			is_whole = false;
	return is_whole;
}

/* Returns whether there is something to record; where that is not all that is vital, only if
 * wanted. */
static bool recorder_may_begin(struct recorder *recorder, const struct daemons *daemons,
			       struct target **targets)
{
	size_t probed = 0;

	daemons_tell(daemons, &recorder->settings->probe.host);
	recorder->is_whole = recorder_attach(recorder, daemons, targets) && !daemons->refused;
	for (size_t i = 0; i < daemons->file_count; i++)
		probed += targets[i] != NULL;
	if (!recorder->is_whole && !recorder->settings->best_effort)
		fprintf(stderr, "migtrace: without it downtime cannot be measured; --best-effort "
				"records the rest\n");
	return recorder->is_whole ? probed || !daemons->pid_count
				  : probed && recorder->settings->best_effort;
}

static FILE *peer_output(void *arg, FILE *file, int err)
{
	(void)arg;
	if (err)
		fprintf(stderr, "migtrace: the peer's records are not kept: %s\n", strerror(-err));
	return file;
}

static void peer_complain(int err)
{
	if (err)
		fprintf(stderr, "migtrace: the peer cannot be started: %s\n", strerror(-err));
}

/* Begins who can start the peer, which the recorder itself may not any more once it is confined. */
static void recorder_prepare_link(struct recorder *recorder)
{
	const struct recorder_settings *settings = recorder->settings;
	const struct start start = {settings->peer_command, settings->peer_output, false};

	if (!settings->peer_command)
		return;
	recorder->starter = starter_new(&start, 1);
	if (!recorder->starter)
		peer_complain(-errno);
}

/*
 * Without its peer a host is recorded all the same. Started only now: a process that was begun
 * after the peer would have its pipes, too, and the peer never see that we end.
 */
static void recorder_link(struct recorder *recorder)
{
	if (recorder->starter)
		peer_complain(peer_start("the peer", recorder->starter, 0, peer_output, NULL,
					 &recorder->peer));
}

static void recorder_unlink(struct recorder *recorder)
{
	if (recorder->peer)
		peer_end(recorder->peer, recorder_answered, recorder);
	recorder->peer = NULL;
	starter_free(recorder->starter);
	recorder->starter = NULL;
}

/* From now on we can but read and write what is open. Returns whether it goes on. */
static bool recorder_separate(struct recorder *recorder)
{
	const struct prober_means means = {
		.tracer = recorder->tracer,
		.look = &recorder->look,
		.host = &recorder->settings->probe.host,
		.stats_uri = recorder->settings->stats.uri,
	};

	recorder->prober = prober_new(&means);
	if (recorder->prober)
		return true;
	recorder->err = -errno;
	fprintf(stderr, "migtrace: no process to probe in: %s\n", strerror(errno));
	return false;
}

static void recorder_go(struct recorder *recorder, const struct daemons *daemons,
			struct target *const *targets, int signals, int timer)
{
	if (recorder->watcher)
		recorder->watcher->begun(recorder->watcher->arg);
	else
		recorder_link(recorder);
	recorder_begin(recorder, daemons, targets);
	recorder_check(recorder, timer_start(timer, recorder->settings->duration_ms));
	recorder_run(recorder, signals, timer);
	recorder_unlink(recorder);
	recorder_end(recorder);
}

/* Attaches to all files of the daemons, and records. Returns -errno, with a line on stderr. */
static int recorder_record(struct recorder *recorder, const struct daemons *daemons, int signals,
			   int timer)
{
	struct target *targets[DAEMONS_MAX] = {0};

	if (recorder_may_begin(recorder, daemons, targets))
		recorder->out = recorder->watcher ? recorder->watcher->out
						  : output_open(recorder->settings);
	if (recorder->out) {
		if (recorder->watcher)
			recorder->watcher->attached(recorder->watcher->arg, daemons, targets);
		else
			recorder_prepare_link(recorder);
		if (recorder_separate(recorder))
			recorder_go(recorder, daemons, targets, signals, timer);
		recorder_unlink(recorder);
		if (!recorder->watcher && recorder->out != stdout && fclose(recorder->out))
			recorder_check(recorder, -errno);
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
		.test_private_stack = settings->test_private_stack,
	};

	return tracer_new(&setup, &recorder->tracer);
}

static enum status record(const struct recorder_settings *settings, const struct daemons *daemons,
			  struct watcher *watcher)
{
	struct recorder recorder = {
		.settings = settings,
		.watcher = watcher,
		.look = {target_cache_new(), settings->probe.ask_debuginfod, settings->with_devices,
			 !settings->probe.test_no_returns && uretprobe_is_safe()},
		.processes = processes_new(),
	};
	int signals = signals_open(), timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC),
	    err = -EIO;

	if (settings->stats.are_wanted) {
		recorder.asks = asks_new(recorder_talk, recorder_asked, &recorder);
		recorder.listeners = listeners_new(recorder_talk, recorder_heard, &recorder);
	}
	if (signals < 0 || timer < 0 || !recorder.look.cache || !recorder.processes) {
		fprintf(stderr, "migtrace: %s\n", strerror(errno));
	} else if (!recorder_tracer(&recorder, daemons)) {
		err = recorder_record(&recorder, daemons, signals, timer);
		tracer_free(recorder.tracer);
	}
	target_cache_free(recorder.look.cache);
	processes_free(recorder.processes);
	for (size_t i = 0; i <= DAEMONS_MAX; i++)
		free(recorder.states[i]);
	asks_free(recorder.asks);
	listeners_free(recorder.listeners);
	prober_free(recorder.prober);
	close(signals);
	close(timer);
	if (err == -EPIPE)
		return STATUS_LEFT;
	return err || !(recorder.is_whole || settings->best_effort) ? STATUS_FAILURE : STATUS_OK;
}

enum status recorder_watched(const struct recorder_settings *settings, struct watcher *watcher)
{
	struct daemons *daemons;
	enum status status;

	if (!privileges_suffice(settings->way == ATTACH_PERF || !kernel_has_multi()))
		return STATUS_FAILURE;
	daemons = daemons_new(&settings->probe.host);
	if (!daemons && errno == ENOENT && watcher && watcher->has_peers)
		daemons = calloc(1, sizeof(*daemons)); /* there may be one later, as on any host */
	if (!daemons) {
		daemons_complain(errno, &settings->probe.host);
		return STATUS_FAILURE;
	}
	if (watcher)
		watcher->found(watcher->arg, daemons);
	status = record(settings, daemons, watcher);
	daemons_free(daemons);
	return status;
}

int64_t recorder_clock_ns(const struct recorder_settings *settings)
{
	return clock_drifted(settings, now_ns()) + settings->test_clock_offset_ns;
}

enum status cmd_record(const struct options *options)
{
	if (options->file_count) {
		fprintf(stderr, "migtrace: record takes no files, but -o FILE\n");
		return STATUS_USAGE;
	}
	return recorder_watched(&options->record, NULL);
}
