/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `migtrace live` and `wait`: record this host and its peers, report each migration when it has
 * ended. */
#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <uuid/uuid.h>

#include "cmd/commands.h"
#include "cmd/recorder.h"
#include "cmd/status.h"
#include "core/match/correlator.h"
#include "live/board.h"
#include "live/line_stream.h"
#include "live/peers.h"
#include "live/view.h"
#include "probe/host/identity.h"
#include "record/read.h"
#include "record/write.h"
#include "sandbox/output_file.h"

/* How much of records is held in memory at once, and how much of one side of a migration. */
#define BYTES_MAX	(32u << 20)
#define HALF_EVENTS_MAX 16384
/* How often it is looked whether what is over can be told of. */
#define SETTLE_NS INT64_C(20000000)

struct live {
	const struct live_options *options;
	const char *domain; /* that is waited for: a name or a UUID; NULL: none */
	struct correlator *correlator;
	struct reader *reader; /* of this host's records */
	struct peers *peers;
	struct view *view;
	struct progress progress;
	struct watcher watcher;
	FILE *say; /* our standard error, while the terminal is drawn upon */
	bool has_looked, must_look, is_done, is_ended;
	bool has_ended; /* a side: it may be that a migration can be told of */
	int waiting;	/* sides that are over, but not told of */
	int64_t settled_ns, looked_ns, begun_ns, turn_ns;
	uint64_t lost;
	enum status status;
};

static int64_t real_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

static bool is_named(const char *wanted, const uint8_t *uuid, const char *name)
{
	uuid_t parsed;

	if (!uuid_parse(wanted, parsed))
		return !memcmp(parsed, uuid, MT_UUID);
	return !strcmp(wanted, name);
}

static bool is_wanted(const struct live *live, const uint8_t *uuid, const char *name)
{
	const struct live_options *options = live->options;

	return (!options->live.uuid || is_named(options->live.uuid, uuid, "")) &&
	       (!options->live.name || !strcmp(options->live.name, name)) &&
	       (!live->domain || is_named(live->domain, uuid, name));
}

static void status_raise(struct live *live, enum status status)
{
	if (status > live->status)
		live->status = status;
}

/* Where both sides are seen they are one migration: one row, and the source's news. */
static void going_tell(struct live *live, struct going *going, enum progress_step step)
{
	const struct going *other = progress_other(&live->progress, going);

	if (!going->is_told && !(other && other->is_told))
		view_begun(live->view, going, real_now_ns());
	else if (step == PROGRESS_NEWS && (going->job.role == ROLE_SOURCE || !other))
		view_news(live->view, going, real_now_ns());
	going->is_told = true;
}

static bool is_last_call(const struct mt_event *event)
{
	return is_last_return(event, ROLE_SOURCE, true) ||
	       is_last_return(event, ROLE_DESTINATION, false);
}

static void live_event(struct live *live, const struct recording *recording,
		       const struct mt_event *event)
{
	struct going *going;
	enum progress_step step =
		progress_feed(&live->progress, recording, event,
			      recorder_clock_ns(&live->options->recorder), &going);

	if (step == PROGRESS_OVER || event->kind == MT_MONITOR_CLOSE)
		live->has_ended = live->must_look = true;
	live->has_ended |= is_last_call(event); /* it may be that nobody is there for its reply */
	/* Until its name is seen it is not known whether it is wanted. */
	if (!going || !going->name[0] || !is_wanted(live, going->uuid, going->name))
		return;
	going_tell(live, going, step);
}

/* What a line said, of this host's recording or of a peer's. */
static void live_read(void *arg, const struct reader *reader)
{
	struct live *live = arg;
	const struct recording *recording = reader_recording(reader);
	const struct mt_event *event = reader_event(reader);

	if (event)
		live_event(live, recording, event);
	if (reader_gone(reader) && progress_gone(&live->progress, recording, reader_gone(reader)))
		live->has_ended = live->must_look = true;
}

static int live_line(void *arg, const char *line, size_t len)
{
	struct live *live = arg;
	int err = reader_line(live->reader, line, len);

	if (!err)
		live_read(live, live->reader);
	return err;
}

/* For --min-downtime. */
static bool downtime_is_shown(const struct live *live, const struct figures *figures)
{
	const struct condition condition = {FIGURE_DOWNTIME, CONDITION_AT_LEAST,
					    live->options->live.min_downtime_ns};

	return !condition.ns || condition_judge(&condition, figures) == CONDITION_HOLDS;
}

static void live_migration(struct live *live, const struct migration *migration)
{
	struct account account;
	char name[MT_TEXT];

	progress_told(&live->progress, migration->source);
	progress_told(&live->progress, migration->destination);
	migration_name(migration, name, sizeof(name));
	if (live->is_done || !is_wanted(live, migration_uuid(migration), name))
		return;
	account_make(migration, &(struct account_request){0}, &account);
	view_count(live->view, &account);
	if (downtime_is_shown(live, &account.figures))
		view_result(live->view, &account, real_now_ns());
	if (!live->domain)
		return;
	status_raise(live, wait_status(&live->options->live, &account));
	live->is_done = true;
}

static void live_take(void *arg, const struct migration *migrations, size_t count)
{
	for (size_t i = 0; i < count; i++)
		live_migration(arg, &migrations[i]);
}

static void live_fail(struct live *live, int err)
{
	fprintf(stderr, "migtrace: %s\n", strerror(-err));
	live->is_done = true;
	status_raise(live, STATUS_FAILURE);
}

static void live_settle(struct live *live, int64_t now_ns)
{
	int waiting;

	if (!live->has_ended && !live->waiting)
		return;
	if (!live->has_looked && now_ns - live->settled_ns < SETTLE_NS)
		return;
	waiting = correlator_settle(live->correlator, now_ns);
	live->settled_ns = now_ns;
	live->has_ended = live->has_looked = false;
	if (!waiting && !live->progress.count)
		malloc_trim(0); /* what all this took; until the next migration */
	if (waiting < 0)
		live_fail(live, waiting);
	else
		live->waiting = waiting;
}

static enum watch live_turn(void *arg, int64_t now_ns)
{
	struct live *live = arg;
	int err;

	/* What had happened by the last turn was consumed after it. */
	reader_recording(live->reader)->heard_ns = live->turn_ns;
	live->turn_ns = now_ns;
	if (live->peers)
		peers_turn(live->peers);
	if (live->must_look && now_ns - live->looked_ns >= SETTLE_NS) {
		live->must_look = false;
		live->looked_ns = now_ns;
		return WATCH_LOOK;
	}
	live_settle(live, now_ns);
	err = correlator_shed(live->correlator);
	if (err)
		live_fail(live, err);
	view_draw(live->view, &live->progress, now_ns);
	if (live->domain && live->options->live.timeout_ms && !live->is_done &&
	    now_ns - live->begun_ns >= live->options->live.timeout_ms * INT64_C(1000000)) {
		fprintf(stderr, "migtrace: no migration of %s was over in time\n", live->domain);
		status_raise(live, STATUS_INCOMPLETE);
		live->is_done = true;
	}
	return live->is_done || view_is_lost(live->view) ? WATCH_END : WATCH_ON;
}

static int sooner(int a_ms, int b_ms)
{
	if (a_ms < 0 || b_ms < 0)
		return a_ms < 0 ? b_ms : a_ms;
	return a_ms < b_ms ? a_ms : b_ms;
}

static int live_pause_ms(void *arg, int64_t now_ns)
{
	struct live *live = arg;
	int pause_ms = live->waiting || live->has_ended ? (int)(SETTLE_NS / 1000000) + 1 : -1;

	if (live->peers)
		pause_ms = sooner(pause_ms, peers_pause_ms(live->peers, now_ns));
	if (live->domain && live->options->live.timeout_ms) {
		int64_t left_ms =
			live->options->live.timeout_ms - (now_ns - live->begun_ns) / 1000000 + 1;

		pause_ms = sooner(pause_ms, left_ms < 0		? 0
					    : left_ms > 3600000 ? 3600000
								: (int)left_ms);
	}
	return sooner(pause_ms, view_draw(live->view, &live->progress, now_ns));
}

static void live_looked(void *arg, int64_t now_ns)
{
	struct live *live = arg;

	(void)now_ns;
	live->has_looked = true;
	if (live->peers)
		peers_ask(live->peers);
}

static int64_t live_now_ns(void *arg)
{
	return recorder_clock_ns(&((struct live *)arg)->options->recorder);
}

static void live_answered(void *arg, const struct exchange *exchange)
{
	struct live *live = arg;

	if (live->is_ended)
		return; /* our recording is: it is too late */
	record_write_exchange(live->watcher.out, exchange);
	live->has_looked |= live->waiting;
}

static void live_came(void *arg, const char *name, bool is_again)
{
	struct live *live = arg;

	view_say(live->view, "%s: %s", name, is_again ? "watched again" : "watched, too");
}

static void live_lost(void *arg, const char *name, const struct recording *recording)
{
	struct live *live = arg;

	(void)name;
	progress_drop(&live->progress, recording);
	live->has_ended = true;
	malloc_trim(0); /* a flood leaves much */
}

static void live_found(void *arg, const struct daemons *daemons)
{
	struct live *live = arg;
	struct daemon daemon = daemon_identify(daemons->pids[0]);

	if (!daemons->pid_count)
		view_say(live->view, "no libvirt daemon here: the peers alone are watched");
	else if (daemons->pid_count == 1)
		view_say(live->view, "watching %s: libvirt's daemon %d", daemon.host,
			 (int)daemons->pids[0]);
	else
		view_say(live->view, "watching %s: %zu daemons of libvirt", daemon.host,
			 daemons->pid_count);
}

static void live_attached(void *arg, const struct daemons *daemons, struct target *const *targets)
{
	struct live *live = arg;
	size_t probes = 0, missing = 0, files = 0;

	if (!daemons->pid_count)
		return;
	for (size_t i = 0; i < daemons->file_count; i++) {
		if (!targets[i])
			continue;
		files++;
		probes += targets[i]->points.count;
		for (size_t j = 0; j < targets[i]->points.finding_count; j++)
			missing += !targets[i]->points.finding[j].how[0];
	}
	view_say(live->view, "%zu probes in %zu of %zu files, %zu not found%s", probes, files,
		 daemons->file_count, missing, missing ? ": migtrace doctor tells why" : "");
	if (!live->options->live.peer_count)
		view_say(live->view, "one host sees one side; --peer HOST watches the other, too");
	malloc_trim(0); /* what finding them took */
}

static void live_begun(void *arg)
{
	struct live *live = arg;

	live->begun_ns = recorder_clock_ns(&live->options->recorder);
}

static void live_ended(void *arg, const struct tracer_counts *counts)
{
	struct live *live = arg;

	live->lost = counts->lost;
	live->is_ended = true;
}

/* Messages are lines of their own, above what is drawn on the terminal. */
static int live_say(void *arg, const char *line, size_t len)
{
	struct live *live = arg;

	(void)len;
	view_clear(live->view);
	return fprintf(live->say, "%s\n", line) < 0 ? -errno : 0;
}

/* Until live_restore(), stderr goes through the view. */
static void live_divert(struct live *live)
{
	FILE *stream;

	live->say = stderr;
	stream = lines_open(live_say, live, NULL);
	if (!stream)
		return;
	setvbuf(stream, NULL, _IOLBF, 0);
	stderr = stream;
}

static void live_restore(struct live *live)
{
	FILE *stream = stderr;

	stderr = live->say;
	if (stream != stderr)
		fclose(stream);
}

static int live_open(struct live *live)
{
	const struct live_options *options = live->options;
	const struct peers_user user = {
		.arg = live,
		.now_ns = live_now_ns,
		.answered = live_answered,
		.read = live_read,
		.came = live_came,
		.lost = live_lost,
	};
	struct recording *recording;
	FILE *file = options->live.record ? output_file_open(options->live.record) : NULL;

	if (options->live.record && !file)
		return -EIO;
	live->view = view_new(stdout, options->live.is_json);
	live->correlator = correlator_new(BYTES_MAX, HALF_EVENTS_MAX, live_take, live);
	recording = live->correlator ? correlator_add(live->correlator, "this host") : NULL;
	live->reader = recording ? reader_open(recording) : NULL;
	live->watcher.out = lines_open(live_line, live, file);
	if (options->live.peer_count && live->correlator)
		live->peers = peers_new(&options->live, live->correlator, &user);
	if (live->view && live->reader && live->watcher.out &&
	    (live->peers || !options->live.peer_count))
		return 0;
	fprintf(stderr, "migtrace: out of memory\n");
	return -ENOMEM;
}

static void live_close(struct live *live)
{
	if (live->watcher.out)
		fclose(live->watcher.out);
	correlator_free(live->correlator);
	progress_free(&live->progress);
}

/* What is still going on, and what could not be told of before: as far as it is known. */
static void live_rest(struct live *live)
{
	size_t going = board_shown(&live->progress);
	int err;

	peers_end(live->peers);
	reader_close(live->reader);
	live->reader = NULL;
	err = correlator_end(live->correlator);
	if (err)
		live_fail(live, err);
	if (!live->domain)
		view_summary(live->view, live->lost, going);
}

static enum status live_run(const struct live_options *options, const char *domain)
{
	struct live live = {.options = options, .domain = domain};
	enum status status = STATUS_FAILURE;
	int err = live_open(&live);

	live.watcher = (struct watcher){
		.arg = &live,
		.out = live.watcher.out,
		.has_peers = live.peers != NULL,
		.fd = live.peers ? peers_fd(live.peers) : -1,
		.found = live_found,
		.attached = live_attached,
		.begun = live_begun,
		.looked = live_looked,
		.turn = live_turn,
		.pause_ms = live_pause_ms,
		.ended = live_ended,
	};
	if (!err) {
		live_divert(&live);
		status = recorder_watched(&options->recorder, &live.watcher);
		if (live.begun_ns)
			live_rest(&live);
		else
			peers_end(live.peers);
		live_restore(&live);
	}
	if (domain && status == STATUS_OK && !live.is_done)
		status = STATUS_INCOMPLETE; /* it was interrupted */
	view_end(live.view);
	reader_close(live.reader);
	live_close(&live);
	return status == STATUS_OK ? live.status : status;
}

enum status cmd_live(const struct options *options)
{
	if (options->file_count) {
		fprintf(stderr, "migtrace: live takes no files; see migtrace report\n");
		return STATUS_USAGE;
	}
	return live_run(&options->live, NULL);
}

enum status cmd_wait(const struct options *options)
{
	if (options->file_count != 1) {
		fprintf(stderr, "migtrace: wait for which domain? Give its name or its UUID\n");
		return STATUS_USAGE;
	}
	return live_run(&options->live, options->files[0]);
}
