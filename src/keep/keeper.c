/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Puts each half of a migration into a store once it is over, out of a recording as it comes. */
#include "keep/keeper.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/lines.h"
#include "base/time.h"
#include "core/match/correlator.h"
#include "core/match/progress.h"
#include "keep/journal.h"
#include "keep/mend.h"
#include "keep/pending.h"
#include "keep/spool.h"
#include "record/read.h"
#include "record/unpack.h"
#include "sandbox/confine.h"

#define BYTES_MAX	(8u << 20) /* of events in memory: the file has them, too */
#define SIDE_EVENTS_MAX 16384
#define SETTLE_NS	INT64_C(1000000000)
#define READ_BYTES	65536

struct keeper {
	struct store *store;
	struct correlator *correlator;
	struct reader *reader;
	struct recording *recording;
	const struct recording *before; /* the last one of a replay, until it is known whether */
	struct spool *spool;		/* this one goes on with it; or NULL */
	struct pending *pending;
	struct mend *mend; /* NULL: the index is whole */
	struct progress progress;
	int64_t settled_ns;
	int reload; /* readable when it is to end once nothing migrates; -1: never */
	bool is_reloading;
	bool is_service;
	bool is_replay; /* what is read is in the spool already */
	bool is_new;	/* there were events since it was last settled */
	int waiting;	/* sides that may be over */
	size_t lost;	/* halves */
	int spool_err;	/* which was said */
};

/* What is read, in pieces. */
struct stream {
	int fd;
	bool has_begun;
	struct line line;
	struct unpack *unpack; /* NULL: it is not packed */
};

static void migration_take(struct keeper *keeper, const struct migration *migration)
{
	struct account account;

	progress_reported(&keeper->progress, migration->source);
	progress_reported(&keeper->progress, migration->destination);
	account_make(migration, &(struct account_request){0}, &account);
	for (int role = ROLE_SOURCE; role <= ROLE_DESTINATION; role++)
		if (account.side[role].side &&
		    pending_add(keeper->pending, &account, (enum role)role, keeper->spool,
				time_now_ns()))
			keeper->lost++;
}

static void migrations_take(void *arg, const struct migration *migrations, size_t count)
{
	for (size_t i = 0; i < count; i++)
		migration_take(arg, &migrations[i]);
}

/* Begins with a recording, or goes on with another one behind it. */
static int recording_begin(struct keeper *keeper)
{
	struct recording *recording = correlator_add(keeper->correlator, "the recording");

	if (keeper->reader)
		keeper->reader = reader_next(keeper->reader, recording);
	else
		keeper->reader = recording ? reader_open(recording) : NULL;
	keeper->recording = recording;
	if (!keeper->reader)
		return -ENOMEM;
	recording->is_kept = keeper->is_service;
	return spool_begin(keeper->spool, recording, keeper->is_replay);
}

/* keeper_close() frees in either case. */
static int keeper_open(struct keeper *keeper)
{
	keeper->correlator = correlator_new(BYTES_MAX, SIDE_EVENTS_MAX, migrations_take, keeper);
	keeper->spool = spool_new(store_spool(keeper->store));
	keeper->pending = pending_new(keeper->store);
	if (!keeper->correlator || !keeper->spool || !keeper->pending)
		return -ENOMEM;
	return 0;
}

static void keeper_close(struct keeper *keeper)
{
	reader_close(keeper->reader);
	mend_free(keeper->mend);
	pending_free(keeper->pending);
	spool_free(keeper->spool);
	progress_free(&keeper->progress);
	correlator_free(keeper->correlator);
}

/* What was read: which sides there are, and whether one may be over. */
static void line_note(struct keeper *keeper)
{
	const struct mt_event *event = reader_event(keeper->reader);
	struct going *going;

	if (event)
		progress_feed(&keeper->progress, keeper->recording, event, time_now_ns(), &going);
	if (reader_gone(keeper->reader))
		progress_ended(&keeper->progress, keeper->recording, reader_gone(keeper->reader));
	keeper->is_new |= event || reader_gone(keeper->reader);
}

/* What is being recorded is lost then, which is told of each half. */
static void spool_warn(struct keeper *keeper, int err)
{
	if (err && !keeper->spool_err)
		diag("what is being recorded cannot be written: %s", strerror(-err));
	keeper->spool_err = err;
}

/* All probes are attached, of a recorder that has just begun. */
static void recording_begun(struct keeper *keeper)
{
	if (keeper->is_replay)
		return;
	keeper->is_new |= keeper->before != NULL;
	if (keeper->is_service)
		journal_ready();
}

static int line_keep(void *arg, const char *line, size_t len)
{
	struct keeper *keeper = arg;
	int err = reader_line(keeper->reader, line, len);

	if (err == READER_OTHER)
		err = recording_begin(keeper) ?: reader_line(keeper->reader, line, len);
	if (err)
		return err;
	spool_warn(keeper, spool_add(keeper->spool, keeper->reader, line, len));
	if (reader_kind(keeper->reader) == RECORD_CLOCK && keeper->recording->snapshot_count == 1)
		recording_begun(keeper);
	line_note(keeper);
	return correlator_shed(keeper->correlator);
}

/* Nothing migrates, and all that did is in the store. */
static bool is_idle(const struct keeper *keeper)
{
	return !keeper->progress.count && !keeper->waiting && !keeper->is_new && !keeper->before &&
	       pending_due_ns(keeper->pending) == INT64_MAX;
}

/* While nothing migrates the spool has no more than what the next migration needs. */
static void spool_empty(struct keeper *keeper)
{
	if (!is_idle(keeper) || spool_lines(keeper->spool) <= 1)
		return;
	spool_warn(keeper, spool_reset(keeper->spool));
	malloc_trim(0);
}

/* What was going on is over, or goes on: that is not known before the recorder has begun. */
static bool must_settle(const struct keeper *keeper)
{
	return (keeper->is_new || keeper->waiting) &&
	       (!keeper->before || keeper->recording->has_begun);
}

/* A recorder of another boot, or of other daemons, does not go on with what was going on. */
static void before_forget(struct keeper *keeper)
{
	if (keeper->before && recording_root(keeper->before) != recording_root(keeper->recording))
		progress_drop(&keeper->progress, keeper->before);
	keeper->before = NULL;
}

/* One half at a time: what is recorded does not wait for it. */
static void index_mend(struct keeper *keeper)
{
	if (!keeper->mend || mend_step(keeper->mend))
		return;
	mend_free(keeper->mend);
	keeper->mend = NULL;
	malloc_trim(0);
}

static int keeper_settle(struct keeper *keeper)
{
	int64_t now_ns = time_now_ns();

	reader_recording(keeper->reader)->heard_ns = now_ns;
	if (must_settle(keeper) && now_ns - keeper->settled_ns >= SETTLE_NS) {
		keeper->is_new = false;
		keeper->settled_ns = now_ns;
		keeper->waiting = correlator_settle(keeper->correlator, now_ns);
		before_forget(keeper);
	}
	keeper->lost += pending_put(keeper->pending, keeper->spool, now_ns);
	spool_empty(keeper);
	index_mend(keeper);
	return keeper->waiting < 0 ? keeper->waiting : 0;
}

/* Returns for how long there is nothing to do but to read, ms; -1: for ever. */
static int pause_ms(const struct keeper *keeper)
{
	int64_t due_ns = pending_due_ns(keeper->pending);

	if (keeper->mend || (keeper->is_reloading && is_idle(keeper)))
		return 0;
	if (must_settle(keeper) && keeper->settled_ns + SETTLE_NS < due_ns)
		due_ns = keeper->settled_ns + SETTLE_NS;
	return due_ns == INT64_MAX ? -1 : time_left_ms(due_ns, time_now_ns());
}

static int bytes_take(struct keeper *keeper, struct stream *stream, const char *bytes, size_t size)
{
	if (!stream->has_begun && size && unpack_is_packed(*bytes)) {
		stream->unpack = unpack_new(*bytes);
		if (!stream->unpack)
			return -ENOMEM;
	}
	stream->has_begun = true;
	if (stream->unpack)
		return unpack_lines(stream->unpack, bytes, size, &stream->line, line_keep, keeper);
	return lines_take(&stream->line, bytes, size, line_keep, keeper);
}

/* The service is to end: systemd starts it with its new configuration. */
static void reload_note(struct keeper *keeper)
{
	keeper->reload = -1;
	keeper->is_reloading = true;
	if (!is_idle(keeper))
		journal_reload_waits();
}

/* Waits for what there is to do. Returns whether there is something to read. */
static bool stream_wait(struct keeper *keeper, const struct stream *stream)
{
	struct pollfd fds[] = {{.fd = stream->fd, .events = POLLIN},
			       {.fd = keeper->is_replay ? -1 : keeper->reload, .events = POLLIN}};

	if (poll(fds, 2, keeper->is_replay ? 0 : pause_ms(keeper)) <= 0)
		return false;
	if (fds[1].revents == POLLIN) /* and not closed, as by a recorder that was killed */
		reload_note(keeper);
	return fds[0].revents;
}

/* Reads what is there, or has come while there was nothing else to do. Returns 1, 0 at the end. */
static int stream_step(struct keeper *keeper, struct stream *stream, char *bytes)
{
	ssize_t got;
	int err;

	if (!stream_wait(keeper, stream))
		return !(keeper->is_reloading && is_idle(keeper));
	got = read(stream->fd, bytes, READ_BYTES);
	if (got < 0)
		return errno == EINTR ? 1 : -errno;
	err = bytes_take(keeper, stream, bytes, (size_t)got);
	return err < 0 ? err : got > 0;
}

static int stream_read(struct keeper *keeper, int fd)
{
	struct stream stream = {.fd = fd, .line = {.room = RECORD_LINE_MAX, .overlong = LINE_CUT}};
	char *bytes = malloc(READ_BYTES);
	int more = recording_begin(keeper), err;

	stream.line.bytes = malloc(stream.line.room);
	if (!more)
		more = bytes && stream.line.bytes ? 1 : -ENOMEM;
	while (more > 0) {
		more = stream_step(keeper, &stream, bytes);
		if (more >= 0 && !keeper->is_replay && (err = keeper_settle(keeper)))
			more = err;
	}
	unpack_free(stream.unpack);
	free(stream.line.bytes);
	free(bytes);
	if (more != -EBADMSG)
		return more;
	diag("what is packed is damaged or cut short: read as far as it goes");
	keeper->lost++;
	return 0;
}

/* What goes on is put into the store as it is, but stays in the file for who goes on with it. */
static int keeper_end(struct keeper *keeper)
{
	bool is_going = keeper->progress.count || keeper->waiting;
	int err;

	reader_close(keeper->reader);
	keeper->reader = NULL;
	err = correlator_end(keeper->correlator);
	keeper->lost += pending_put(keeper->pending, keeper->spool, INT64_MAX);
	if (!(keeper->is_service && is_going) && ftruncate(store_spool(keeper->store), 0))
		spool_warn(keeper, -errno);
	return err;
}

/* Whoever recorded here before was ended in the midst of a migration. What cannot be read of it is
 * no reason to stop. */
static int spool_replay(struct keeper *keeper)
{
	int fd = store_spool(keeper->store), err;

	if (lseek(fd, 0, SEEK_END) <= 0)
		return 0;
	lseek(fd, 0, SEEK_SET);
	keeper->is_replay = true;
	err = stream_read(keeper, fd);
	keeper->is_replay = false;
	reader_close(keeper->reader);
	keeper->reader = NULL;
	keeper->before = keeper->recording;
	return err == -ENOMEM ? err : spool_cut(keeper->spool);
}

/* fd -1: only what was being recorded before is kept. Returns how many halves were lost. */
static size_t recording_keep(struct keeper *keeper, int fd, int *err)
{
	bool is_left = keeper->is_service || fd < 0;
	size_t lost;

	*err = keeper_open(keeper);
	if (!*err && is_left)
		*err = spool_replay(keeper);
	if (!*err && fd >= 0)
		*err = stream_read(keeper, fd);
	if (!*err)
		*err = keeper_end(keeper);
	else if (*err != -EPROTO)
		diag("the store: %s", strerror(-*err));
	lost = keeper->lost;
	keeper_close(keeper);
	return lost;
}

static struct mend *keeper_begin(struct store *store)
{
	journal_open();
	confine(CONFINE_KEEPER);
	return mend_new(store);
}

/* A recording at a time, as no two have anything to do with each other. */
enum status keeper_import(struct store *store, const int *fds, size_t count)
{
	struct keeper keeper = {.store = store, .mend = keeper_begin(store), .reload = -1};
	size_t lost;
	int err;

	while (keeper.mend)
		index_mend(&keeper);
	lost = recording_keep(&keeper, -1, &err);
	for (size_t i = 0; !err && i < count; i++) {
		keeper = (struct keeper){.store = store, .reload = -1};
		lost += recording_keep(&keeper, fds[i], &err);
	}
	return err || lost ? STATUS_FAILURE : STATUS_OK;
}

enum status keeper_follow(struct store *store, int fd, int reload)
{
	struct keeper keeper = {
		.store = store, .mend = keeper_begin(store), .reload = reload, .is_service = true};
	int err;
	size_t lost = recording_keep(&keeper, fd, &err);

	return err || lost ? STATUS_FAILURE : STATUS_OK;
}
