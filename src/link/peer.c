/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A recorder on the other host, started by a command: its records, and the exchange of stamps. */
#include "link/peer.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/json.h"
#include "base/lines.h"
#include "base/text.h"
#include "base/time.h"
#include "core/clock/clock.h"
#include "link/starter.h"
#include "record/read.h"

#define END_MS 10000 /* that a peer has to end its recording */

#define SAID_MAX 40 /* lines of its standard error that are passed on */

struct peer {
	const char *name;
	struct starter *starter;
	size_t index;	   /* which of those that it may start */
	int in, out, said; /* its standard input, output and error; -1: closed */
	FILE *output;
	uint64_t bytes;
	char words[256];
	struct line said_line; /* of what it says, cut where it is longer */
	size_t said_lines;
	char id[UUID_TEXT]; /* of its recording, once its header has come */
	char record[RECORD_LINE_MAX];
	struct line line; /* of its records */
	int err;
};

static void peer_free(struct peer *peer)
{
	if (peer->in >= 0)
		close(peer->in);
	if (peer->out >= 0)
		close(peer->out);
	if (peer->said >= 0)
		close(peer->said);
	if (peer->output)
		fclose(peer->output);
	free(peer);
}

int peer_start(const char *name, struct starter *starter, size_t index, peer_output_fn *output,
	       void *arg, struct peer **result)
{
	struct peer *peer = calloc(1, sizeof(*peer));
	struct started started;
	int err = peer ? starter_start(starter, index, &started) : -ENOMEM;
	FILE *file;

	if (err) {
		free(peer);
		return err;
	}
	file = started.file >= 0 ? fdopen(started.file, "w") : NULL;
	*peer = (struct peer){
		.name = name,
		.starter = starter,
		.index = index,
		.in = started.in,
		.out = started.out,
		.said = started.said,
		.output = output ? output(arg, file, started.file_err) : file,
	};
	peer->line = (struct line){.bytes = peer->record, .room = sizeof(peer->record)};
	peer->said_line = (struct line){peer->words, sizeof(peer->words), 0, LINE_CUT};
	*result = peer;
	return 0;
}

int peer_said_fd(const struct peer *peer)
{
	return peer->said;
}

uint64_t peer_bytes(const struct peer *peer)
{
	return peer->bytes;
}

/* It is from another host: a terminal must not obey it. */
static int said_take(void *arg, const char *text, size_t length)
{
	struct peer *peer = arg;
	char said[sizeof(peer->words)];
	size_t used = 0;

	for (size_t i = 0; i < length; i++)
		if (text[i] != '\r')
			said[used++] = text[i];
	said[used] = '\0';
	text_shown(said, said);
	if (used && peer->said_lines++ < SAID_MAX)
		diag("%s: %s", peer->name, said);
	return 0;
}

void peer_said(struct peer *peer)
{
	char bytes[1024];
	ssize_t size = read(peer->said, bytes, sizeof(bytes));

	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (size > 0) {
		lines_take(&peer->said_line, bytes, (size_t)size, said_take, peer);
		return;
	}
	lines_take(&peer->said_line, "\n", 1, said_take, peer);
	close(peer->said);
	peer->said = -1;
}

int peer_fd(const struct peer *peer)
{
	return peer->out;
}

bool peer_ask(struct peer *peer, int64_t t1_ns)
{
	char line[32];
	int length = snprintf(line, sizeof(line), "%" PRId64 "\n", t1_ns);

	return peer->in >= 0 && write(peer->in, line, (size_t)length) == length;
}

static bool get_stamp(struct json_object *line, const char *key, int64_t *ns)
{
	struct json_object *json;

	if (!json_object_object_get_ex(line, key, &json) ||
	    !json_object_is_type(json, json_type_int))
		return false;
	*ns = json_object_get_int64(json);
	return *ns >= 0 && *ns <= CLOCK_NS_MAX;
}

static void get_id(struct json_object *line, char id[UUID_TEXT])
{
	struct json_object *json = NULL;
	const char *text;

	json_object_object_get_ex(line, "id", &json);
	text = json_object_get_string(json);
	if (text && strlen(text) < UUID_TEXT)
		strcpy(id, text);
}

static bool is_kind(struct json_object *line, const char *kind)
{
	struct json_object *json;

	return json_object_is_type(line, json_type_object) &&
	       json_object_object_get_ex(line, "kind", &json) &&
	       json_object_is_type(json, json_type_string) &&
	       !strcmp(json_object_get_string(json), kind);
}

static bool get_exchange(struct json_object *line, struct exchange *exchange)
{
	return is_kind(line, "exchange") && get_stamp(line, "t1_ns", &exchange->t1_ns) &&
	       get_stamp(line, "t2_ns", &exchange->t2_ns) &&
	       get_stamp(line, "t3_ns", &exchange->t3_ns);
}

/* Whose line it is, and who gets the answers in it. */
struct heard_by {
	struct peer *peer;
	peer_fn *answered;
	void *arg;
};

/*
 * Takes the header, or an answer out of the stream. The rest are records, which are kept as they
 * are: who reads them knows what to do with one that is wrong.
 */
static int record_take(void *arg, const char *text, size_t length)
{
	const struct heard_by *by = arg;
	struct peer *peer = by->peer;
	struct json_object *line;
	struct exchange exchange = {0};
	bool is_answer;

	(void)length;
	line = json_tokener_parse(text);
	is_answer = peer->id[0] && get_exchange(line, &exchange);
	if (!peer->id[0] && is_kind(line, "header"))
		get_id(line, peer->id);
	json_object_put(line);
	if (!peer->id[0])
		return -EPROTO;
	if (is_answer) {
		memcpy(exchange.peer, peer->id, sizeof(exchange.peer));
		by->answered(by->arg, &exchange);
		return 0;
	}
	if (peer->output && (fprintf(peer->output, "%s\n", text) < 0 || fflush(peer->output)))
		return -errno;
	return 0;
}

static int bytes_take(struct peer *peer, const char *bytes, size_t size, peer_fn *answered,
		      void *arg)
{
	struct heard_by by = {peer, answered, arg};

	/* Of a recorder a line that is cut is no JSON any more, which its reader sees. */
	peer->line.overlong = peer->id[0] ? LINE_CUT : LINE_REFUSE;
	return lines_take(&peer->line, bytes, size, record_take, &by);
}

static int peer_stop(struct peer *peer, int err)
{
	if (err == -EPROTO)
		diag("%s: protocol error: is its migtrace of another version?", peer->name);
	else if (err == -EPIPE)
		diag("%s: ended", peer->name);
	else
		diag("%s: cannot write its records: %s", peer->name, strerror(-err));
	close(peer->out);
	peer->out = -1;
	peer->err = err;
	return err;
}

int peer_read(struct peer *peer, peer_fn *answered, void *arg)
{
	char bytes[4096];
	ssize_t size = read(peer->out, bytes, sizeof(bytes));
	int err;

	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (size <= 0)
		return peer_stop(peer, size ? -errno : -EPIPE);
	peer->bytes += (uint64_t)size;
	err = bytes_take(peer, bytes, (size_t)size, answered, arg);
	return err ? peer_stop(peer, err) : 0;
}

int peer_rest(struct peer *peer, peer_fn *answered, void *arg)
{
	char bytes[4096];
	ssize_t size = read(peer->out, bytes, sizeof(bytes));

	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (size <= 0)
		return size ? -errno : -EPIPE;
	return bytes_take(peer, bytes, (size_t)size, answered, arg);
}

/* Returns whether the stream came to its end in time. */
static bool rest_read(struct peer *peer, peer_fn *answered, void *arg)
{
	char bytes[4096];
	int64_t until_ms = time_now_ms() + END_MS;

	while (peer->out >= 0 && time_now_ms() < until_ms) {
		struct pollfd fd = {.fd = peer->out, .events = POLLIN};
		ssize_t size;

		if (poll(&fd, 1, (int)(until_ms - time_now_ms())) <= 0)
			break;
		size = read(peer->out, bytes, sizeof(bytes));
		if (!size)
			return true;
		if (size > 0 && bytes_take(peer, bytes, (size_t)size, answered, arg))
			break;
	}
	return false;
}

void peer_finish(struct peer *peer)
{
	if (peer->in >= 0)
		close(peer->in); /* by which it knows */
	peer->in = -1;
}

void peer_kill(struct peer *peer)
{
	peer_finish(peer);
	if (peer->said >= 0)
		peer_said(peer);
	starter_stop(peer->starter, peer->index, STOP_KILL);
	peer_free(peer);
}

void peer_end(struct peer *peer, peer_fn *answered, void *arg)
{
	bool ended;

	peer_finish(peer);
	ended = rest_read(peer, answered, arg);
	if (!ended && !peer->err)
		diag("%s: its recording may lack its end", peer->name);
	starter_stop(peer->starter, peer->index, ended ? STOP_WAIT : STOP_TERM);
	peer_free(peer);
}
