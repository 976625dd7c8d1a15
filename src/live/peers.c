/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recorders on other hosts: start them, read them, restart the ones that are lost. */
#include "live/peers.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/diag.h"
#include "core/recording/store.h"
#include "link/peer.h"
#include "link/starter.h"
#include "live/line_stream.h"
#include "live/peer_command.h"

#define NS_PER_S       INT64_C(1000000000)
#define ASK_NS	       (2 * NS_PER_S)	/* at least as often: also shows the peer that we live */
#define SILENCE_NS     (10 * NS_PER_S)	/* of a peer that is lost */
#define BEGIN_NS       (120 * NS_PER_S) /* until its first line; whose ssh is dead ends sooner */
#define RETRY_NS       NS_PER_S		/* before it is started again: doubled each time */
#define RETRY_MAX      (32 * NS_PER_S)
#define STEADY_NS      (20 * NS_PER_S)	    /* of a connection after which that begins anew */
#define BYTES_FIRST    (UINT64_C(32) << 20) /* that a peer may send at once, */
#define BYTES_PER_S    (UINT64_C(2) << 20)  /* and all the time; 30 migrations at once are 20 MiB */
#define READS_MAX      16		    /* in one turn: the others have theirs */
#define HELD_MAX       (16u << 20)	    /* of one peer's records at once: 40000 events */
#define BEHIND_NS      (5 * NS_PER_S)	    /* that more may wait all the time than is read */
#define RECORDINGS_MAX 4096		    /* of one peer: each is remembered */
#define END_MS	       3000		    /* that peers have to end their recordings */
#define NAME	       48

struct entry {
	struct peers *peers;
	char name[NAME], *command, *path; /* where its records go; NULL: nowhere */
	struct peer *peer;		  /* NULL: not running */
	struct reader *reader;
	int64_t started_ns, heard_ns, asked_ns, answered_ns;
	int64_t behind_ns; /* since when more waits than is read in one turn; 0: it does not */
	int64_t due_ns, wait_ns; /* when it is to be started next, and how long it was put off */
	size_t recordings;
	bool is_given_up;
};

struct peers {
	const struct live_settings *settings;
	struct correlator *correlator;
	struct peers_user user;
	struct starter *starter;
	int epoll;
	struct entry entries[PEERS_MAX];
	size_t count;
};

static void entry_init(struct entry *entry, struct peers *peers, const struct peer_setting *peer)
{
	const char *record = peers->settings->record;

	entry->peers = peers;
	if (peer->host)
		snprintf(entry->name, sizeof(entry->name), "%s", peer->host);
	else
		snprintf(entry->name, sizeof(entry->name), "peer %zu", peers->count);
	entry->command = peer->host ? peer_command_new(peer->host) : strdup(peer->command);
	entry->path = record ? peer_path_new(record, entry->name) : NULL;
	entry->wait_ns = RETRY_NS;
	entry->is_given_up = !entry->command || (record && !entry->path);
}

/* All that may be started is settled here: what peers send cannot change it. */
static struct starter *starter_of(const struct peers *peers)
{
	struct start starts[PEERS_MAX];

	for (size_t i = 0; i < peers->count; i++)
		starts[i] = (struct start){peers->entries[i].command, peers->entries[i].path, true};
	return starter_new(starts, peers->count);
}

static void peers_free(struct peers *peers)
{
	for (size_t i = 0; i < peers->count; i++) {
		free(peers->entries[i].command);
		free(peers->entries[i].path);
	}
	starter_free(peers->starter);
	close(peers->epoll);
	free(peers);
}

struct peers *peers_new(const struct live_settings *settings, struct correlator *correlator,
			const struct peers_user *user)
{
	struct peers *peers = calloc(1, sizeof(*peers));

	if (!peers)
		return NULL;
	*peers = (struct peers){.settings = settings, .correlator = correlator, .user = *user};
	peers->epoll = epoll_create1(EPOLL_CLOEXEC);
	for (size_t i = 0; i < settings->peer_count; i++) {
		struct entry *entry = &peers->entries[peers->count++];

		entry_init(entry, peers, &settings->peers[i]);
	}
	peers->starter = starter_of(peers);
	if (peers->starter)
		return peers;
	peers_free(peers);
	return NULL;
}

int peers_fd(const struct peers *peers)
{
	return peers->epoll;
}

static void entry_watch(struct entry *entry, int fd)
{
	struct epoll_event event = {.events = EPOLLIN};

	if (fd >= 0)
		epoll_ctl(entry->peers->epoll, EPOLL_CTL_ADD, fd, &event);
}

/* Its recording begins with its first line: a peer that says nothing has none. */
static int entry_line(void *arg, const char *line, size_t len)
{
	struct entry *entry = arg;
	struct peers *peers = entry->peers;
	int err;

	if (!entry->reader) {
		struct recording *recording = correlator_add(peers->correlator, entry->name);

		entry->reader = recording ? reader_open(recording) : NULL;
		if (!entry->reader)
			return -ENOMEM;
		peers->user.came(peers->user.arg, entry->name, entry->recordings++);
	}
	err = reader_line(entry->reader, line, len);
	if (err == READER_OTHER) {
		reader_close(entry->reader);
		entry->reader = NULL;
		return entry_line(entry, line, len);
	}
	if (!err)
		peers->user.read(peers->user.arg, entry->reader);
	return err;
}

/* Its records are read, and kept where they can be. */
static FILE *entry_output(void *arg, FILE *file, int err)
{
	struct entry *entry = arg;

	if (err)
		diag("%s: %s", entry->path, strerror(-err));
	return lines_open(entry_line, entry, file);
}

static void entry_put_off(struct entry *entry, int64_t now_ns)
{
	if (entry->asked_ns && now_ns - entry->started_ns > STEADY_NS)
		entry->wait_ns = RETRY_NS;
	entry->due_ns = now_ns + entry->wait_ns;
	diag("%s: trying again in %d s", entry->name, (int)(entry->wait_ns / NS_PER_S));
	if (entry->wait_ns < RETRY_MAX)
		entry->wait_ns *= 2;
}

static void entry_start(struct entry *entry, int64_t now_ns)
{
	struct peers *peers = entry->peers;
	int err = peer_start(entry->name, peers->starter, (size_t)(entry - peers->entries),
			     entry_output, entry, &entry->peer);

	entry->started_ns = entry->heard_ns = now_ns;
	entry->asked_ns = entry->answered_ns = entry->behind_ns = 0;
	if (err) {
		diag("%s: cannot start: %s", entry->name, strerror(-err));
		entry_put_off(entry, now_ns);
		return;
	}
	entry_watch(entry, peer_fd(entry->peer));
	entry_watch(entry, peer_said_fd(entry->peer));
}

static void entry_stop(struct entry *entry)
{
	const struct recording *recording = entry->reader ? reader_recording(entry->reader) : NULL;

	peer_kill(entry->peer);
	entry->peer = NULL;
	if (recording)
		entry->peers->user.lost(entry->peers->user.arg, entry->name, recording);
	reader_close(entry->reader);
	entry->reader = NULL;
}

/* What is no recorder of this version will be none the next time, either. */
static void entry_lose(struct entry *entry, int err, int64_t now_ns)
{
	entry_stop(entry);
	if (err != -EPROTO && entry->recordings < RECORDINGS_MAX) {
		entry_put_off(entry, now_ns);
		return;
	}
	entry->is_given_up = true;
	diag("%s: giving up: its side of migrations is not seen", entry->name);
}

/* All that the peer had recorded when the question before was asked has come before this answer. */
static void entry_answered(void *arg, struct exchange *exchange)
{
	struct entry *entry = arg;
	struct peers *peers = entry->peers;
	int64_t now_ns = peers->user.now_ns(peers->user.arg);

	exchange->t4_ns = now_ns;
	/* What was never asked, or comes from a clock that goes backwards, is no evidence. */
	if (exchange->t1_ns > entry->asked_ns || exchange->t1_ns < entry->answered_ns ||
	    exchange->t2_ns > exchange->t3_ns)
		return;
	if (entry->reader)
		reader_recording(entry->reader)->heard_ns = entry->answered_ns;
	entry->answered_ns = exchange->t1_ns;
	peers->user.answered(peers->user.arg, exchange);
}

static bool is_readable(int fd)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

	return fd >= 0 && poll(&poll_fd, 1, 0) > 0;
}

static bool sends_too_much(const struct entry *entry, int64_t now_ns)
{
	uint64_t seconds = (uint64_t)((now_ns - entry->started_ns) / NS_PER_S);

	if (entry->reader && recording_bytes(reader_recording(entry->reader)) > HELD_MAX)
		return true;
	return peer_bytes(entry->peer) > BYTES_FIRST + seconds * BYTES_PER_S ||
	       (entry->behind_ns && now_ns - entry->behind_ns > BEHIND_NS);
}

/* On a busy host it takes long to attach: to begin anew would take as long again. */
static int64_t silence_ns(const struct entry *entry)
{
	return entry->reader ? SILENCE_NS : BEGIN_NS;
}

/* Nothing of a flood is reported: that alone would take long. */
static void entry_forget(struct entry *entry)
{
	struct recording *recording = entry->reader ? reader_recording(entry->reader) : NULL;
	bool *none = recording ? calloc(recording->event_count + 1, sizeof(*none)) : NULL;

	if (none)
		recording_keep(recording, none);
	free(none);
}

static void entry_read(struct entry *entry, int64_t now_ns)
{
	int err = 0;

	if (is_readable(peer_said_fd(entry->peer)))
		peer_said(entry->peer);
	for (int i = 0; !err && i < READS_MAX && is_readable(peer_fd(entry->peer)); i++) {
		err = peer_read(entry->peer, entry_answered, entry);
		entry->heard_ns = now_ns;
	}
	if (err || !is_readable(peer_fd(entry->peer)))
		entry->behind_ns = 0;
	else if (!entry->behind_ns)
		entry->behind_ns = now_ns;
	if (!err && sends_too_much(entry, now_ns)) {
		diag("%s: exceeds the data rate limit", entry->name);
		entry_forget(entry);
		err = -EPROTO;
	}
	if (!err && now_ns - entry->heard_ns > silence_ns(entry)) {
		diag("%s: no answer for %d s", entry->name, (int)(silence_ns(entry) / NS_PER_S));
		err = -ETIMEDOUT;
	}
	if (err)
		entry_lose(entry, err, now_ns);
}

static void entry_ask(struct entry *entry)
{
	struct peers *peers = entry->peers;
	int64_t now_ns = peers->user.now_ns(peers->user.arg);

	/* Before its first line it does not read yet. */
	if (entry->reader && now_ns > entry->asked_ns && peer_ask(entry->peer, now_ns))
		entry->asked_ns = now_ns;
}

void peers_turn(struct peers *peers)
{
	for (size_t i = 0; i < peers->count; i++) {
		struct entry *entry = &peers->entries[i];
		int64_t now_ns = peers->user.now_ns(peers->user.arg);

		if (entry->is_given_up)
			continue;
		if (!entry->peer && now_ns >= entry->due_ns)
			entry_start(entry, now_ns);
		else if (entry->peer)
			entry_read(entry, now_ns);
		if (entry->peer && now_ns - entry->asked_ns >= ASK_NS)
			entry_ask(entry);
	}
}

void peers_ask(struct peers *peers)
{
	for (size_t i = 0; i < peers->count; i++)
		if (peers->entries[i].peer)
			entry_ask(&peers->entries[i]);
}

int peers_pause_ms(const struct peers *peers, int64_t now_ns)
{
	int64_t until_ns = INT64_MAX;

	for (size_t i = 0; i < peers->count; i++) {
		const struct entry *entry = &peers->entries[i];
		int64_t ns = entry->peer ? now_ns + ASK_NS / 2 : entry->due_ns;

		if (!entry->is_given_up && ns < until_ns)
			until_ns = ns;
	}
	if (until_ns == INT64_MAX)
		return -1;
	return until_ns > now_ns ? (int)((until_ns - now_ns) / 1000000) + 1 : 0;
}

/* Reads until all have ended, or the time is up. */
static void rest_read(struct peers *peers)
{
	int64_t now_ns = peers->user.now_ns(peers->user.arg);
	int64_t until_ns = now_ns + END_MS * INT64_C(1000000);
	bool any = true;

	while (any && now_ns < until_ns) {
		struct epoll_event event;

		any = false;
		epoll_wait(peers->epoll, &event, 1, 50);
		now_ns = peers->user.now_ns(peers->user.arg);
		for (size_t i = 0; i < peers->count; i++) {
			struct entry *entry = &peers->entries[i];

			if (!entry->peer)
				continue;
			if (is_readable(peer_said_fd(entry->peer)))
				peer_said(entry->peer);
			while (entry->peer && is_readable(peer_fd(entry->peer)) &&
			       now_ns < until_ns) {
				if (peer_rest(entry->peer, entry_answered, entry))
					entry_stop(entry);
				now_ns = peers->user.now_ns(peers->user.arg);
			}
			any |= entry->peer != NULL;
		}
	}
}

bool peers_are_seen(const struct peers *peers)
{
	bool are_seen = true;

	for (size_t i = 0; i < peers->count; i++) {
		const struct entry *entry = &peers->entries[i];

		are_seen &= entry->reader != NULL;
		if (!entry->reader && !entry->is_given_up)
			diag("%s: not connected: its side may be missing", entry->name);
	}
	return are_seen;
}

void peers_end(struct peers *peers)
{
	if (!peers)
		return;
	for (size_t i = 0; i < peers->count; i++)
		if (peers->entries[i].peer)
			peer_finish(peers->entries[i].peer);
	rest_read(peers);
	for (size_t i = 0; i < peers->count; i++)
		if (peers->entries[i].peer)
			entry_stop(&peers->entries[i]);
	peers_free(peers);
}
