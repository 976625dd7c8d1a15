/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A collector: one loop over what comes, what is new, and what is due. */
#include "collect/collect.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/notify.h"
#include "base/signals.h"
#include "base/time.h"
#include "collect/collect_private.h"
#include "collect/leases.h"
#include "collect/matcher.h"
#include "collect/traces.h"
#include "sandbox/confine.h"

#define EXPIRE_MS_USUAL (INT64_C(3600) * 1000)
#define AGE_MS_USUAL	(INT64_C(365) * 86400000)
#define EXPIRE_STEP_MS	1000
#define TRIM_STEP_MS	(3600 * 1000)
#define NEW_STEP_MS	1000 /* what another collector took is looked at */

struct collector {
	const struct collect_settings *settings;
	struct database *database;
	struct judge *judge;
	struct server *server;
	struct bus *bus;       /* NULL: none */
	struct traces *traces; /* NULL: sent nowhere */
	struct metrics *metrics;
	struct counts counts;
	struct intake intake;
	struct served served;
	struct leases leases;
	struct matcher matcher;
	int64_t lease_due_ms, expire_due_ms, trim_due_ms, new_due_ms;
};

static void stored_count(void *arg, const struct migration_row *row, int64_t delay_ms)
{
	struct collector *collector = arg;

	metrics_migration(collector->metrics, row, delay_ms,
			  time_read_ns(CLOCK_REALTIME) / 1000000);
	traces_wake(collector->traces);
}

struct database *collect_database(const struct collect_settings *settings)
{
	char *path;
	struct database *database;

	if (settings->database)
		return database_open(settings->database);
	path = collect_file(settings, DATABASE_FILE);
	database = path ? database_open(path) : NULL;
	free(path);
	return database;
}

static void parts_join(struct collector *collector)
{
	const struct collect_settings *settings = collector->settings;

	collector->intake.database = collector->database;
	collector->intake.counts = &collector->counts;
	collector->matcher = (struct matcher){
		.database = collector->database,
		.judge = collector->judge,
		.counts = &collector->counts,
		.owner = collector->leases.owner,
		.expire_ms = settings->expire_ms ?: EXPIRE_MS_USUAL,
		.sends_traces = settings->traces,
		.tell = stored_count,
		.arg = collector,
	};
	collector->served = (struct served){
		.database = collector->database,
		.intake = &collector->intake,
		.judge = collector->judge,
		.metrics = collector->metrics,
		.gauges = {.counts = &collector->counts},
	};
}

/* As bus_begin(). */
static int traces_begin(struct collector *collector)
{
	const struct traces_parts parts = {
		.database = collector->database,
		.judge = collector->judge,
		.counts = &collector->counts,
		.owner = collector->leases.owner,
	};

	if (!collector->settings->traces)
		return 0;
	collector->traces = traces_open(collector->settings->traces, &parts);
	return collector->traces ? 0 : -EINVAL;
}

/* Returns 0, also where there is to be none. */
static int bus_begin(struct collector *collector)
{
	const struct bus_settings *settings = &collector->settings->bus;
	char name[NAME_MAX], *seen;

	if (!settings->broker.servers)
		return 0;
	snprintf(name, sizeof(name), STREAM_FILE, settings->stream ?: BUS_STREAM);
	seen = collect_file(collector->settings, name);
	if (seen)
		collector->bus = bus_open(settings, seen, &collector->intake);
	free(seen);
	return collector->bus ? 0 : -EINVAL;
}

static int collector_begin(struct collector *collector)
{
	int err = collect_key(collector->settings, &collector->intake.key);

	if (err)
		return err;
	collector->judge = judge_new();
	collector->metrics = metrics_new();
	collector->database = collect_database(collector->settings);
	if (!collector->judge || !collector->metrics || !collector->database)
		return -EINVAL;
	err = leases_begin(&collector->leases, collector->database);
	if (err)
		return err;
	parts_join(collector);
	err = traces_begin(collector);
	if (err)
		return err;
	collector->server = server_open(&collector->settings->server, &collector->served);
	return collector->server ? 0 : -EINVAL;
}

static void collector_end(struct collector *collector)
{
	bus_close(collector->bus);
	traces_close(collector->traces);
	server_close(collector->server);
	if (collector->database)
		leases_end(&collector->leases);
	judge_free(collector->judge);
	database_close(collector->database);
	metrics_free(collector->metrics);
}

static void trim(struct collector *collector)
{
	const struct value age = NUMBER_VALUE(collector->settings->age_ms ?: AGE_MS_USUAL);

	if (database_run(collector->database, MIGRATIONS_DROP, &age, 1, NULL, NULL) >= 0)
		database_run(collector->database, HALVES_DROP, &age, 1, NULL, NULL);
}

/* Does what is due, and sets when it is again. What fails is tried again then. */
static bool is_due(int64_t *due_ms, int64_t now_ms, int64_t step_ms)
{
	if (now_ms < *due_ms)
		return false;
	*due_ms = now_ms + step_ms;
	return true;
}

/* Returns whether there is more to do at once. */
static bool bus_serve(struct collector *collector)
{
	struct bus_done done = {false, false};

	if (collector->bus)
		done = bus_step(collector->bus, collector->leases.has_part);
	collector->served.has_new |= done.has_new;
	return done.has_more;
}

/* Returns as bus_serve(). */
static bool collector_step(struct collector *collector)
{
	int64_t now_ms = time_now_ms();
	bool has_more = false, has_messages;

	if (is_due(&collector->lease_due_ms, now_ms, LEASES_STEP_MS))
		leases_step(&collector->leases);
	collector->served.gauges.partitions = collector->leases.count;
	has_messages = bus_serve(collector);
	if (is_due(&collector->new_due_ms, now_ms, NEW_STEP_MS) || collector->served.has_new) {
		has_more = matcher_step(&collector->matcher) > 0;
		collector->served.has_new = has_more;
	}
	if (is_due(&collector->expire_due_ms, now_ms, EXPIRE_STEP_MS))
		matcher_expire(&collector->matcher);
	if (is_due(&collector->trim_due_ms, now_ms, TRIM_STEP_MS))
		trim(collector);
	return has_more || has_messages;
}

static void collector_run(struct collector *collector, int signals)
{
	struct pollfd fds[] = {
		{.fd = server_file(collector->server), .events = POLLIN},
		{.fd = signals, .events = POLLIN},
		{.fd = collector->bus ? bus_file(collector->bus) : -1, .events = POLLIN}};
	bool has_more = false;

	while (!(fds[1].revents & POLLIN)) {
		int pause_ms = has_more ? 0 : server_pause_ms(collector->server, NEW_STEP_MS);

		if (traces_poll(collector->traces, fds, 3, pause_ms) < 0 && errno != EINTR)
			return;
		server_step(collector->server);
		has_more = collector_step(collector);
		traces_step(collector->traces);
	}
}

enum status collect(const struct collect_settings *settings)
{
	struct collector collector = {.settings = settings};
	int signals = signals_open(), notify = notify_open(), err;

	signal(SIGPIPE, SIG_IGN);
	err = signals < 0 ? -errno : collector_begin(&collector);
	if (!err) {
		confine(CONFINE_CALLER);     /* it starts the judge */
		err = bus_begin(&collector); /* its threads are confined, too */
	}
	if (!err) {
		diag("collecting at %.*s:%u",
		     (int)(strrchr(settings->server.listen, ':') - settings->server.listen),
		     settings->server.listen, server_port(collector.server));
		notify_say(notify, "READY=1");
		collector_run(&collector, signals);
	}
	collector_end(&collector);
	if (signals >= 0)
		close(signals);
	if (notify >= 0)
		close(notify);
	return err ? STATUS_FAILURE : STATUS_OK;
}
