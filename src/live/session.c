/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A live session: a recorder of this host, its peers, and the reports of their migrations. */
#include "live/session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/pages.h"
#include "live/board.h"
#include "live/feed.h"
#include "live/line_stream.h"
#include "live/peers.h"
#include "live/view.h"
#include "record/write.h"
#include "sandbox/output_file.h"

struct session {
	const struct live_settings *settings;
	struct session_clock clock;
	const char *domain;
	struct feed feed;
	struct reader *reader; /* of this host's records */
	struct peers *peers;
	struct view *view;
	FILE *out;     /* takes this host's records */
	FILE *say;     /* our standard error, while the terminal is drawn upon */
	bool is_ended; /* this host's recording */
	int64_t looked_ns, begun_ns, turn_ns;
	uint64_t lost;
};

static int64_t session_now_ns(void *arg)
{
	const struct session *session = arg;

	return session->clock.now_ns(session->clock.arg);
}

/* What a line said, of this host's recording or of a peer's. */
static void session_read(void *arg, const struct reader *reader)
{
	struct session *session = arg;

	feed_read(&session->feed, reader, session_now_ns(session));
}

static int session_line(void *arg, const char *line, size_t len)
{
	struct session *session = arg;
	int err = reader_line(session->reader, line, len);

	if (!err)
		session_read(session, session->reader);
	return err;
}

/* Returns how long the domain's migration may still be waited for, ms; INT64_MAX: for ever. */
static int64_t session_left_ms(const struct session *session, int64_t now_ns)
{
	if (!session->domain || !session->settings->timeout_ms)
		return INT64_MAX;
	return session->settings->timeout_ms - (now_ns - session->begun_ns) / 1000000;
}

enum session_next session_turn(struct session *session, int64_t now_ns)
{
	struct feed *feed = &session->feed;

	/* What had happened by the last turn was consumed after it. */
	reader_recording(session->reader)->heard_ns = session->turn_ns;
	session->turn_ns = now_ns;
	if (session->peers)
		peers_turn(session->peers);
	if (feed->must_look && now_ns - session->looked_ns >= SETTLE_NS) {
		feed->must_look = false;
		session->looked_ns = now_ns;
		return SESSION_LOOK;
	}
	feed_settle(feed, now_ns);
	view_draw(session->view, &feed->progress, now_ns);
	if (!feed->is_done && session_left_ms(session, now_ns) <= 0) {
		diag("timed out waiting for a migration of %s", session->domain);
		feed_raise(feed, STATUS_INCOMPLETE);
		feed->is_done = true;
	}
	return feed->is_done || view_is_lost(session->view) ? SESSION_END : SESSION_ON;
}

static int sooner(int a_ms, int b_ms)
{
	if (a_ms < 0 || b_ms < 0)
		return a_ms < 0 ? b_ms : a_ms;
	return a_ms < b_ms ? a_ms : b_ms;
}

int session_pause_ms(struct session *session, int64_t now_ns)
{
	struct feed *feed = &session->feed;
	int64_t left_ms = session_left_ms(session, now_ns);
	int pause_ms = feed->waiting || feed->has_ended ? (int)(SETTLE_NS / 1000000) + 1 : -1;

	if (session->peers)
		pause_ms = sooner(pause_ms, peers_pause_ms(session->peers, now_ns));
	if (left_ms != INT64_MAX)
		pause_ms = sooner(pause_ms, left_ms < 0		? 0
					    : left_ms > 3600000 ? 3600000
								: (int)left_ms + 1);
	return sooner(pause_ms, view_draw(session->view, &feed->progress, now_ns));
}

void session_looked(struct session *session)
{
	session->feed.has_looked = true;
	if (session->peers)
		peers_ask(session->peers);
}

static void session_answered(void *arg, const struct exchange *exchange)
{
	struct session *session = arg;

	if (session->is_ended)
		return; /* our recording is: it is too late */
	record_write_exchange(session->out, exchange);
	session->feed.has_looked |= session->feed.waiting;
}

static void session_came(void *arg, const char *name, bool is_again)
{
	struct session *session = arg;

	view_say(session->view, "%s: %s", name, is_again ? "connected again" : "connected");
}

static void session_lost(void *arg, const char *name, const struct recording *recording)
{
	struct session *session = arg;

	(void)name;
	feed_drop(&session->feed, recording);
	pages_trim(); /* a flood leaves much */
}

void session_found(struct session *session, const struct watched *watched)
{
	if (!watched->daemons)
		view_say(session->view, "no libvirt daemon on this host%s",
			 session->settings->peer_count ? ": watching the peers only"
						       : " yet: watching from its start on");
	else if (watched->daemons == 1)
		view_say(session->view, "watching %s: libvirt daemon %d", watched->host,
			 watched->pid);
	else
		view_say(session->view, "watching %s: %zu libvirt daemons", watched->host,
			 watched->daemons);
}

void session_attached(struct session *session, const struct watched *watched)
{
	if (!watched->daemons)
		return;
	view_say(session->view, "%zu probes in %zu of %zu files, %zu not found%s", watched->probes,
		 watched->probed, watched->files, watched->missing,
		 watched->missing ? "; see migtrace doctor" : "");
	if (!session->settings->peer_count)
		view_say(session->view,
			 "one host sees one side; --peer HOST watches the other, too");
}

void session_begun(struct session *session)
{
	session->begun_ns = session_now_ns(session);
}

void session_ended(struct session *session, uint64_t lost)
{
	session->lost = lost;
	session->is_ended = true;
}

/* Messages are lines of their own, above what is drawn on the terminal. */
static int session_say(void *arg, const char *line, size_t len)
{
	struct session *session = arg;

	(void)len;
	view_clear(session->view);
	return fprintf(session->say, "%s\n", line) < 0 ? -errno : 0;
}

/* Until session_restore() stderr goes through the view. */
static void session_divert(struct session *session)
{
	FILE *stream = lines_open(session_say, session, NULL);

	session->say = stderr;
	if (!stream)
		return;
	setvbuf(stream, NULL, _IOLBF, 0);
	diag_divert(stream);
}

static void session_restore(struct session *session)
{
	FILE *stream = diag_divert(session->say);

	if (stream != session->say)
		fclose(stream);
}

static bool peers_open(struct session *session)
{
	const struct peers_user user = {
		.arg = session,
		.now_ns = session_now_ns,
		.answered = session_answered,
		.read = session_read,
		.came = session_came,
		.lost = session_lost,
	};

	if (!session->settings->peer_count)
		return true;
	session->peers = peers_new(session->settings, session->feed.correlator, &user);
	return session->peers;
}

/* Returns 0, or -errno with a line on stderr; session_free() frees in both cases. */
static int session_open(struct session *session)
{
	const char *path = session->settings->record;
	FILE *file = path ? output_file_open(path, OUTPUT_RECORDING) : NULL;
	struct recording *recording;

	if (path && !file)
		return -EIO;
	session->view = view_new(stdout, session->settings->is_json);
	session->feed = (struct feed){
		.settings = session->settings,
		.domain = session->domain,
		.view = session->view,
	};
	recording = session->view && !feed_open(&session->feed)
			    ? correlator_add(session->feed.correlator, "this host")
			    : NULL;
	session->reader = recording ? reader_open(recording) : NULL;
	session->out = lines_open(session_line, session, file);
	if (session->reader && session->out && peers_open(session))
		return 0;
	diag("out of memory");
	return -ENOMEM;
}

static void session_free(struct session *session)
{
	view_end(session->view);
	reader_close(session->reader);
	if (session->out)
		fclose(session->out);
	feed_close(&session->feed);
	free(session);
}

struct session *session_new(const struct live_settings *settings, const struct session_clock *clock,
			    const char *domain)
{
	struct session *session = calloc(1, sizeof(*session));

	if (!session) {
		diag("out of memory");
		return NULL;
	}
	*session = (struct session){.settings = settings, .clock = *clock, .domain = domain};
	if (session_open(session)) {
		session_free(session);
		return NULL;
	}
	session_divert(session);
	return session;
}

FILE *session_out(const struct session *session)
{
	return session->out;
}

int session_fd(const struct session *session)
{
	return session->peers ? peers_fd(session->peers) : -1;
}

static bool are_peers_seen(const struct session *session)
{
	return !session->peers || peers_are_seen(session->peers);
}

/* What is still going on, and what could not be reported before: as far as it is known. */
static void session_rest(struct session *session)
{
	size_t going = board_shown(&session->feed.progress);

	if (!session->domain && (session->lost || !are_peers_seen(session)))
		feed_raise(&session->feed, STATUS_INCOMPLETE);
	peers_end(session->peers);
	reader_close(session->reader);
	session->reader = NULL;
	feed_end(&session->feed);
	if (!session->domain)
		view_summary(session->view, session->lost, going);
}

enum status session_end(struct session *session, enum status status)
{
	if (session->begun_ns)
		session_rest(session);
	else
		peers_end(session->peers);
	session_restore(session);
	if (session->domain && status == STATUS_OK && !session->feed.is_done)
		status = STATUS_INCOMPLETE; /* it was interrupted */
	if (status == STATUS_OK)
		status = session->feed.status;
	session_free(session);
	return status;
}
