/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Offers a store's halves to a collector until that has them: when there is something to say. */
#include "ship/ship.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/notify.h"
#include "base/signals.h"
#include "base/time.h"
#include "fleet/backoff.h"
#include "sandbox/confine.h"
#include "ship/ship_private.h"

#define PAUSE_FIRST_MS 1000
#define PAUSE_MOST_MS  300000
#define ONCE_MS	       60000 /* as long a collector may take for what a broker has */

static int host_name(struct ship *ship)
{
	const char *host = ship->settings->host;
	char name[HOST_NAME] = "";

	if (!host && !gethostname(name, sizeof(name) - 1))
		host = name;
	if (!host || !message_host_is_valid(host)) {
		diag("%s: cannot be a host's name", host ?: "this host");
		return -EINVAL;
	}
	strcpy(ship->host, host);
	return 0;
}

static int ship_begin(struct ship *ship)
{
	const char *path = ship->settings->store ?: STORE_PATH;
	int err = host_name(ship) ?: key_read(ship->settings->key, &ship->key);

	if (err)
		return err;
	ship->sink = sink_open(&ship->settings->sink);
	ship->store = ship->sink ? store_open(path) : NULL;
	ship->numbers = ship->store ? numbers_open(path) : NULL;
	return ship->numbers ? 0 : -EINVAL;
}

static void ship_end(struct ship *ship)
{
	numbers_free(ship->numbers);
	store_free(ship->store);
	sink_close(ship->sink);
}

/* Returns how long to wait before the next try, ms; no two hosts at once. -1: all has come. */
static int pause_ms(const struct ship *ship)
{
	if (!ship->failures && ship->up_to >= numbers_last(ship->numbers))
		return -1;
	return backoff_ms(PAUSE_FIRST_MS, PAUSE_MOST_MS, ship->failures ?: ship->idle);
}

/* Said once, until it goes well again. */
static void failure_note(struct ship *ship, int err, const char *why)
{
	if (!err) {
		if (ship->failures)
			diag("the collector answers again");
		ship->failures = 0;
		return;
	}
	if (!ship->failures++)
		diag("%s: %s", ship->settings->sink.url, why && *why ? why : strerror(-err));
}

static int ship_step(struct ship *ship)
{
	const char *why = NULL;
	int64_t before = ship->up_to;
	int err = offer_all(ship, &why);
	bool is_idle = !err && !ship->pending && ship->up_to == before &&
		       before < numbers_last(ship->numbers);

	ship->idle = is_idle ? ship->idle + 1 : 0;
	sink_rest(ship->sink);
	failure_note(ship, err, why);
	return err;
}

/* What is being recorded does not wake us: that file stays open. */
static int store_watch(const char *path)
{
	int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	if (watch >= 0 && inotify_add_watch(watch, path, IN_MOVED_TO | IN_CLOSE_WRITE) >= 0)
		return watch;
	diag("%s: %s", path, strerror(errno));
	if (watch >= 0)
		close(watch);
	return -1;
}

/* Returns whether to go on. */
static bool ship_wait(struct ship *ship, int watch, int signals)
{
	struct pollfd fds[] = {{.fd = watch, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
	char events[4096];

	if (ship->failures) /* what is new does not make an end of the pause */
		fds[0].fd = -1;
	if (poll(fds, 2, pause_ms(ship)) < 0 && errno != EINTR)
		return false;
	while (read(watch, events, sizeof(events)) > 0)
		;
	return !(fds[1].revents & POLLIN);
}

static enum status ship_run(struct ship *ship)
{
	int watch = store_watch(ship->settings->store ?: STORE_PATH), signals = signals_open();
	int notify = notify_open();

	if (watch < 0 || signals < 0)
		return STATUS_FAILURE;
	notify_say(notify, "READY=1");
	do
		ship_step(ship);
	while (ship_wait(ship, watch, signals));
	close(watch);
	close(signals);
	if (notify >= 0)
		close(notify);
	return STATUS_OK;
}

/* What a broker has taken over a collector has soon: that it has it, only it can say. */
static int ship_once(struct ship *ship)
{
	int64_t until_ms = time_now_ms() + ONCE_MS;
	int err = ship_step(ship);

	while (!err && ship->pending && time_now_ms() < until_ms) {
		poll(NULL, 0, pause_ms(ship));
		err = ship_step(ship);
	}
	return err;
}

enum status ship(const struct ship_settings *settings)
{
	struct ship this = {.settings = settings};
	enum status status = STATUS_FAILURE;

	if (!ship_begin(&this)) {
		confine(CONFINE_CALLER); /* before anybody is talked to */
		if (!settings->is_once)
			status = ship_run(&this);
		else if (!ship_once(&this))
			status = this.up_to >= numbers_last(this.numbers) ? STATUS_OK
									  : STATUS_INCOMPLETE;
	}
	ship_end(&this);
	return status;
}
