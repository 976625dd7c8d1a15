/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What comes of the recordings' lines: news of sides, and migrations that have ended. */
#include "live/feed.h"

#include <errno.h>
#include <malloc.h>
#include <string.h>
#include <uuid/uuid.h>

#include "base/diag.h"
#include "base/time.h"
#include "core/figures/condition.h"
#include "live/waited.h"

/* How much of records is held in memory at once, and how much of one side of a migration. */
#define BYTES_MAX	(32u << 20)
#define SIDE_EVENTS_MAX 16384

void feed_raise(struct feed *feed, enum status status)
{
	feed->status = status_worse(feed->status, status);
}

static void feed_fail(struct feed *feed, int err)
{
	diag("migrations cannot be put together any more: %s", strerror(-err));
	feed->is_done = true;
	feed_raise(feed, STATUS_FAILURE);
}

static bool is_named(const char *wanted, const uint8_t *uuid, const char *name)
{
	uuid_t parsed;

	if (!uuid_parse(wanted, parsed))
		return !memcmp(parsed, uuid, MT_UUID);
	return !strcmp(wanted, name);
}

static bool is_wanted(const struct feed *feed, const uint8_t *uuid, const char *name)
{
	const struct live_settings *settings = feed->settings;

	return (!settings->uuid || is_named(settings->uuid, uuid, "")) &&
	       (!settings->name || !strcmp(settings->name, name)) &&
	       (!feed->domain || is_named(feed->domain, uuid, name));
}

/* Where both sides are seen they are one migration: one row, and the source's news. */
static void going_report(struct feed *feed, struct going *going, enum progress_step step)
{
	const struct going *other = progress_other(&feed->progress, going);

	if (!going->is_reported && !(other && other->is_reported))
		view_begun(feed->view, going, time_read_ns(CLOCK_REALTIME));
	else if (step == PROGRESS_NEWS && (going->job.role == ROLE_SOURCE || !other))
		view_news(feed->view, going, time_read_ns(CLOCK_REALTIME));
	going->is_reported = true;
}

static void feed_event(struct feed *feed, const struct recording *recording,
		       const struct mt_event *event, int64_t now_ns)
{
	struct going *going;
	enum progress_step step = progress_feed(&feed->progress, recording, event, now_ns, &going);

	if (step == PROGRESS_OVER || event->kind == MT_MONITOR_CLOSE)
		feed->has_ended = feed->must_look = true;
	/* It may be that nobody is there for its reply. */
	feed->has_ended |= event_may_end_job(event);
	/* Until its name is seen it is not known whether it is wanted. */
	if (going && going->name[0] && is_wanted(feed, going->uuid, going->name))
		going_report(feed, going, step);
}

void feed_read(struct feed *feed, const struct reader *reader, int64_t now_ns)
{
	const struct recording *recording = reader_recording(reader);
	const struct mt_event *event = reader_event(reader);

	if (event)
		feed_event(feed, recording, event, now_ns);
	if (reader_gone(reader) && progress_ended(&feed->progress, recording, reader_gone(reader)))
		feed->has_ended = feed->must_look = true;
}

/* For --min-downtime. */
static bool downtime_is_shown(const struct feed *feed, const struct figures *figures)
{
	const struct condition condition = {FIGURE_DOWNTIME, CONDITION_AT_LEAST,
					    feed->settings->min_downtime_ns};

	return !condition.ns || condition_judge(&condition, figures) == CONDITION_HOLDS;
}

static void feed_migration(struct feed *feed, const struct migration *migration)
{
	struct account account;
	char name[MT_TEXT];

	progress_reported(&feed->progress, migration->source);
	progress_reported(&feed->progress, migration->destination);
	migration_name(migration, name, sizeof(name));
	if (feed->is_done || !is_wanted(feed, migration_uuid(migration), name))
		return;
	account_make(migration, &(struct account_request){0}, &account);
	view_count(feed->view, &account);
	if (downtime_is_shown(feed, &account.figures))
		view_result(feed->view, &account, time_read_ns(CLOCK_REALTIME));
	if (!feed->domain)
		return;
	feed_raise(feed, waited_status(feed->settings, &account));
	feed->is_done = true;
}

static void feed_take(void *arg, const struct migration *migrations, size_t count)
{
	for (size_t i = 0; i < count; i++)
		feed_migration(arg, &migrations[i]);
}

int feed_open(struct feed *feed)
{
	feed->correlator = correlator_new(BYTES_MAX, SIDE_EVENTS_MAX, feed_take, feed);
	return feed->correlator ? 0 : -ENOMEM;
}

void feed_drop(struct feed *feed, const struct recording *recording)
{
	progress_drop(&feed->progress, recording);
	feed->has_ended = true;
}

static void ended_settle(struct feed *feed, int64_t now_ns)
{
	int waiting;

	if (!feed->has_ended && !feed->waiting)
		return;
	if (!feed->has_looked && now_ns - feed->settled_ns < SETTLE_NS)
		return;
	waiting = correlator_settle(feed->correlator, now_ns);
	feed->settled_ns = now_ns;
	feed->has_ended = feed->has_looked = false;
	if (!waiting && !feed->progress.count)
		malloc_trim(0); /* what all this took; until the next migration */
	if (waiting < 0)
		feed_fail(feed, waiting);
	else
		feed->waiting = waiting;
}

void feed_settle(struct feed *feed, int64_t now_ns)
{
	int err;

	ended_settle(feed, now_ns);
	err = correlator_shed(feed->correlator);
	if (err)
		feed_fail(feed, err);
}

void feed_end(struct feed *feed)
{
	int err = correlator_end(feed->correlator);

	if (err)
		feed_fail(feed, err);
}

void feed_close(struct feed *feed)
{
	correlator_free(feed->correlator);
	progress_free(&feed->progress);
}
