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
#include "keep/pending.h"
#include "keep/spool.h"
#include "record/read.h"
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
	struct spool *spool;
	struct pending *pending;
	struct progress progress;
	int64_t settled_ns;
	bool is_replay; /* what is read is in the spool already */
	bool is_new;	/* there were events since it was last settled */
	int waiting;	/* sides that may be over */
	size_t lost;	/* halves */
	int spool_err;	/* which was said */
};

static void migration_take(struct keeper *keeper, const struct migration *migration)
{
	struct account account;

	progress_reported(&keeper->progress, migration->source);
	progress_reported(&keeper->progress, migration->destination);
	account_make(migration, &(struct account_request){0}, &account);
	for (int role = ROLE_SOURCE; role <= ROLE_DESTINATION; role++)
		if (account.side[role].side &&
		    pending_add(keeper->pending, &account, (enum role)role, time_now_ns()))
			keeper->lost++;
}

static void migrations_take(void *arg, const struct migration *migrations, size_t count)
{
	for (size_t i = 0; i < count; i++)
		migration_take(arg, &migrations[i]);
}

static int reader_begin(struct keeper *keeper)
{
	keeper->recording = correlator_add(keeper->correlator, "the recording");
	keeper->reader = keeper->recording ? reader_open(keeper->recording) : NULL;
	return keeper->reader ? 0 : -ENOMEM;
}

/* keeper_close() frees in either case. */
static int keeper_open(struct keeper *keeper)
{
	keeper->correlator = correlator_new(BYTES_MAX, SIDE_EVENTS_MAX, migrations_take, keeper);
	keeper->spool = spool_new(store_spool(keeper->store));
	keeper->pending = pending_new(keeper->store);
	if (!keeper->correlator || !keeper->spool || !keeper->pending)
		return -ENOMEM;
	return reader_begin(keeper);
}

static void keeper_close(struct keeper *keeper)
{
	reader_close(keeper->reader);
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

static int line_keep(void *arg, const char *line, size_t len)
{
	struct keeper *keeper = arg;
	int err = reader_line(keeper->reader, line, len);

	if (err)
		return err;
	spool_warn(keeper, spool_add(keeper->spool, keeper->reader, line, len, keeper->is_replay));
	if (reader_kind(keeper->reader) == RECORD_CLOCK && !keeper->is_replay &&
	    keeper->recording->snapshot_count == 1)
		journal_ready(); /* all probes are attached */
	line_note(keeper);
	return correlator_shed(keeper->correlator);
}

/* While nothing migrates the spool has no more than what the next migration needs. */
static void spool_empty(struct keeper *keeper)
{
	bool is_idle = !keeper->progress.count && !keeper->waiting && !keeper->is_new &&
		       pending_due_ns(keeper->pending) == INT64_MAX;

	if (!is_idle || spool_lines(keeper->spool) <= 1)
		return;
	spool_warn(keeper, spool_reset(keeper->spool));
	malloc_trim(0);
}

static int keeper_settle(struct keeper *keeper)
{
	int64_t now_ns = time_now_ns();

	keeper->recording->heard_ns = now_ns;
	if ((keeper->is_new || keeper->waiting) && now_ns - keeper->settled_ns >= SETTLE_NS) {
		keeper->is_new = false;
		keeper->settled_ns = now_ns;
		keeper->waiting = correlator_settle(keeper->correlator, now_ns);
	}
	keeper->lost += pending_put(keeper->pending, keeper->spool, now_ns);
	spool_empty(keeper);
	return keeper->waiting < 0 ? keeper->waiting : 0;
}

/* Returns for how long there is nothing to do but to read, ms; -1: for ever. */
static int pause_ms(const struct keeper *keeper)
{
	int64_t due_ns = pending_due_ns(keeper->pending);

	if ((keeper->is_new || keeper->waiting) && keeper->settled_ns + SETTLE_NS < due_ns)
		due_ns = keeper->settled_ns + SETTLE_NS;
	return due_ns == INT64_MAX ? -1 : time_left_ms(due_ns, time_now_ns());
}

static int stream_read(struct keeper *keeper, int fd)
{
	struct line line = {.room = RECORD_LINE_MAX, .overlong = LINE_CUT};
	char *bytes = malloc(READ_BYTES);
	struct pollfd in = {.fd = fd, .events = POLLIN};
	ssize_t got = 1;
	int err = 0;

	line.bytes = malloc(line.room + 1);
	if (!bytes || !line.bytes)
		err = -ENOMEM;
	while (!err && got) {
		int ready = poll(&in, 1, keeper->is_replay ? 0 : pause_ms(keeper));

		if (ready > 0) {
			got = read(fd, bytes, READ_BYTES);
			if (got > 0)
				err = lines_take(&line, bytes, (size_t)got, line_keep, keeper);
			else if (got < 0 && errno != EINTR)
				err = -errno;
		}
		err = err ?: keeper_settle(keeper);
	}
	free(line.bytes);
	free(bytes);
	return err;
}

/* There is no more to come: what is not over is kept as it is. */
static int keeper_end(struct keeper *keeper)
{
	int err;

	reader_close(keeper->reader);
	keeper->reader = NULL;
	err = correlator_end(keeper->correlator);
	keeper->lost += pending_put(keeper->pending, keeper->spool, INT64_MAX);
	return err;
}

static int recording_keep(struct store *store, int fd, bool is_replay, size_t *lost)
{
	struct keeper keeper = {.store = store, .is_replay = is_replay};
	int err = keeper_open(&keeper) ?: stream_read(&keeper, fd) ?: keeper_end(&keeper);

	if (!is_replay && ftruncate(store_spool(store), 0))
		spool_warn(&keeper, -errno);
	if (err && err != -EPROTO)
		diag("the store: %s", strerror(-err));
	*lost += keeper.lost;
	keeper_close(&keeper);
	return err;
}

/* Whoever recorded here before was ended in the midst of a migration. */
static int spool_replay(struct store *store, size_t *lost)
{
	int fd = store_spool(store);
	off_t size = lseek(fd, 0, SEEK_END);

	if (size <= 0)
		return 0;
	lseek(fd, 0, SEEK_SET);
	recording_keep(store, fd, true, lost); /* what cannot be read of it is no reason to stop */
	return ftruncate(fd, 0) ? -errno : 0;
}

enum status keeper_run(struct store *store, const int *fds, size_t count)
{
	size_t lost = 0;
	int err;

	journal_open();
	confine(CONFINE_KEEPER);
	err = spool_replay(store, &lost);
	for (size_t i = 0; !err && i < count; i++)
		err = recording_keep(store, fds[i], false, &lost);
	return err || lost ? STATUS_FAILURE : STATUS_OK;
}
