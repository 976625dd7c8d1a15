/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of a recorder that keeps its privileges, and reads nothing that others wrote. */
#include "recorder/prober.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/diag.h"
#include "libvirt/ask.h"
#include "libvirt/listen.h"
#include "probe/host/identity.h"
#include "probe/target/target_cache.h"
#include "sandbox/confine.h"
#include "sandbox/pass.h"
#include "sandbox/privileges.h"

#define WORDS 1024 /* bytes of what it says, passed on at once */

struct prober {
	int end;
	int words;
	struct prober_found found;
};

enum wish {
	WISH_NEXT,
	WISH_IDENTIFY,
	WISH_ASK,
	WISH_LISTEN,
	WISH_SCHED,
	WISH_VCPUS,
	WISH_WATCH,
	WISH_UNWATCH,
	WISH_DETACH
};

/* Of a fixed size, and of numbers alone: who sends it may have been taken over. */
struct request {
	uint32_t wish;
	int32_t pid;	  /* WISH_SCHED, WISH_VCPUS: whether; WISH_UNWATCH: the index */
	uint32_t subject; /* WISH_WATCH, WISH_UNWATCH */
	uint8_t uuid[MT_UUID];
};

struct server {
	const struct prober_means *means;
	int end;
	struct daemons *daemons; /* of the look that is going on; NULL: none is */
	size_t at;
	struct host_names *names; /* NULL: they cannot be had */
	struct prober_found found;
};

/* Of what no file was attached by when the last look ended all events have been consumed. */
static void spent_drop(struct probed *probed, struct target_cache *cache)
{
	uint16_t number;

	while ((number = probed_spent(probed)))
		target_cache_drop(cache, number);
	target_cache_drop(cache, 0);
}

/* Returns whether there may be nothing in use besides what was found. */
static bool sees_all(const struct daemons *daemons, int err)
{
	if (!daemons)
		return err == ENOENT || err == ESRCH;
	return !daemons->refused && !daemons->has_unseen && !daemons->is_full;
}

static void look_begin(struct server *server)
{
	struct probed *probed = tracer_probed(server->means->tracer);
	struct target_cache *cache = server->means->look->cache;

	spent_drop(probed, cache);
	probed_look(probed);
	server->daemons = daemons_new(server->means->host);
	server->at = 0;
	for (size_t i = 0; server->daemons && i < server->daemons->file_count; i++) {
		const struct daemon_file *file = &server->daemons->files[i];

		target_cache_hold(cache, file, probed_use(probed, file));
	}
	if (sees_all(server->daemons, errno))
		probed_give_back(probed);
}

/* Returns whether there is anything to say of it: not where it has to wait for a later look. */
static bool file_probe(struct server *server, const struct daemon_file *file)
{
	const struct prober_means *means = server->means;
	struct prober_found *found = &server->found;
	struct target *target = NULL;
	int err = target_probe(means->look, means->tracer, file, &target);

	found->file = file->file;
	found->has_target = !err;
	found->is_full = err == -ENOSPC;
	if (!err)
		found->target = *target;
	free(target);
	return err != -EAGAIN;
}

/* Takes the next file that is not known yet. Returns whether there was one. */
static bool file_next(struct server *server)
{
	struct probed *probed = tracer_probed(server->means->tracer);

	while (server->at < server->daemons->file_count) {
		const struct daemon_file *file = &server->daemons->files[server->at++];

		if (!probed_knows(probed, file) && file_probe(server, file))
			return true;
	}
	return false;
}

static void look_end(struct server *server)
{
	const struct daemons *daemons = server->daemons;

	server->found.is_last = true;
	server->found.is_pending = probed_is_pending(tracer_probed(server->means->tracer));
	if (!daemons)
		return;
	server->found.refused = daemons->refused;
	server->found.is_full = daemons->is_full;
	server->found.pid_count = (uint32_t)daemons->pid_count;
	memcpy(server->found.pids, daemons->pids, sizeof(daemons->pids));
	daemons_free(server->daemons);
	server->daemons = NULL;
}

static int serve_next(struct server *server)
{
	server->found = (struct prober_found){0};
	if (!server->daemons)
		look_begin(server);
	if (!server->daemons || !file_next(server))
		look_end(server);
	return pass_send(server->end, &server->found, sizeof(server->found), NULL, 0);
}

static int serve_identify(const struct server *server, pid_t pid)
{
	struct daemon daemon = daemon_identify(server->names, pid);

	return pass_send(server->end, &daemon, sizeof(daemon), NULL, 0);
}

static int serve_talk(const struct server *server, const struct request *request)
{
	const char *uri = server->means->stats_uri;
	int fd = request->wish == WISH_ASK ? ask_open(request->pid, uri, request->uuid)
					   : listener_open(request->pid, uri);
	int32_t err = fd < 0 ? fd : 0;
	int sent = pass_send(server->end, &err, sizeof(err), &fd, 1);

	if (fd >= 0)
		close(fd);
	return sent;
}

static int serve_order(const struct server *server, const struct request *request)
{
	struct on_demand *on_demand = tracer_on_demand(server->means->tracer);
	int32_t err = 0;

	if (request->wish == WISH_SCHED)
		on_demand_sched(on_demand, request->pid);
	else if (request->wish == WISH_VCPUS)
		vcpu_programs_watch(&on_demand->vcpus, request->pid);
	else if (request->wish == WISH_UNWATCH)
		subjects_end(&on_demand->subjects, request->subject, (uint32_t)request->pid);
	else
		tracer_detach(server->means->tracer);
	return pass_send(server->end, &err, sizeof(err), NULL, 0);
}

static int serve_watch(const struct server *server, const struct request *request)
{
	struct watch_found found;

	subjects_begin(&tracer_on_demand(server->means->tracer)->subjects, request->subject,
		       request->pid, &found);
	return pass_send(server->end, &found, sizeof(found), NULL, 0);
}

static int serve_one(struct server *server, const struct request *request)
{
	switch (request->wish) {
	case WISH_NEXT:
		return serve_next(server);
	case WISH_IDENTIFY:
		return serve_identify(server, request->pid);
	case WISH_ASK:
	case WISH_LISTEN:
		return serve_talk(server, request);
	case WISH_WATCH:
		return serve_watch(server, request);
	case WISH_SCHED:
	case WISH_VCPUS:
	case WISH_UNWATCH:
	case WISH_DETACH:
		return serve_order(server, request);
	default:
		return -EPROTO;
	}
}

/* All that it says goes to the other part: a terminal is drawn on there, or errors are JSON. */
static void words_divert(int words)
{
	FILE *stream = fdopen(words, "w");

	if (!stream)
		_exit(1);
	setvbuf(stream, NULL, _IOLBF, 0);
	dup2(words, STDERR_FILENO);
	diag_divert(stream);
}

static _Noreturn void serve(const struct prober_means *means, int end, int words)
{
	struct server *server = calloc(1, sizeof(*server));
	struct request request = {0};

	words_divert(words);
	privileges_drop(true);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (!server)
		_exit(1);
	server->means = means;
	server->end = end;
	server->names = host_names_new();
	while (!pass_receive(end, &request, sizeof(request), NULL, 0))
		if (serve_one(server, &request))
			break;
	host_names_free(server->names);
	tracer_detach(means->tracer);
	_exit(0);
}

/* Returns 0 or -errno. */
static int prober_fork(struct prober *prober, const struct prober_means *means)
{
	int ends[2], words[2], err = pass_open(ends);
	pid_t pid;

	if (err)
		return err;
	if (pipe2(words, O_CLOEXEC | O_NONBLOCK))
		return -errno;
	fflush(NULL); /* what is buffered is ours alone */
	pid = fork();
	if (!pid) {
		close(ends[0]);
		close(words[0]);
		serve(means, ends[1], words[1]);
	}
	close(ends[1]);
	close(words[1]);
	prober->end = ends[0];
	prober->words = words[0];
	return pid < 0 ? -EAGAIN : 0;
}

struct prober *prober_new(const struct prober_means *means)
{
	struct prober *prober = calloc(1, sizeof(*prober));
	int err = prober ? prober_fork(prober, means) : -ENOMEM;

	if (err) {
		free(prober);
		errno = -err;
		return NULL;
	}
	tracer_leave(means->tracer);
	confine(CONFINE_RECORDER);
	return prober;
}

int prober_fd(const struct prober *prober)
{
	return prober->words;
}

int prober_said(const struct prober *prober)
{
	char words[WORDS];
	ssize_t size = read(prober->words, words, sizeof(words));

	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (size > 0)
		fwrite(words, 1, (size_t)size, stderr);
	return size > 0 ? 0 : -EPIPE;
}

static int prober_ask(const struct prober *prober, const struct request *request, void *answer,
		      size_t size, int *fd)
{
	int err = pass_send(prober->end, request, sizeof(*request), NULL, 0);

	return err ? err : pass_receive(prober->end, answer, size, fd, fd ? 1 : 0);
}

int prober_next(struct prober *prober, const struct prober_found **found)
{
	const struct request request = {.wish = WISH_NEXT};

	*found = &prober->found;
	return prober_ask(prober, &request, &prober->found, sizeof(prober->found), NULL);
}

struct daemon prober_identify(struct prober *prober, pid_t pid)
{
	const struct request request = {.wish = WISH_IDENTIFY, .pid = pid};
	struct daemon daemon = {0};

	if (prober_ask(prober, &request, &daemon, sizeof(daemon), NULL))
		daemon = (struct daemon){.pid = (uint32_t)pid};
	return daemon;
}

int prober_talk(struct prober *prober, pid_t daemon, const uint8_t *uuid)
{
	struct request request = {.wish = uuid ? WISH_ASK : WISH_LISTEN, .pid = daemon};
	int32_t answer = 0;
	int fd = -1;

	if (uuid)
		memcpy(request.uuid, uuid, MT_UUID);
	return prober_ask(prober, &request, &answer, sizeof(answer), &fd) ?: answer ?: fd;
}

static void prober_order(const struct prober *prober, enum wish wish, int32_t pid, uint32_t subject)
{
	const struct request request = {.wish = wish, .pid = pid, .subject = subject};
	int32_t answer = 0;

	prober_ask(prober, &request, &answer, sizeof(answer), NULL);
}

void prober_sched(struct prober *prober, bool is_wanted)
{
	prober_order(prober, WISH_SCHED, is_wanted, 0);
}

void prober_vcpus(struct prober *prober, bool is_wanted)
{
	prober_order(prober, WISH_VCPUS, is_wanted, 0);
}

void prober_watch(struct prober *prober, enum subject subject, pid_t pid, struct watch_found *found)
{
	const struct request request = {.wish = WISH_WATCH, .pid = pid, .subject = subject};

	if (prober_ask(prober, &request, found, sizeof(*found), NULL) ||
	    found->count > WATCHED_OF_ONE)
		found->count = 0;
}

void prober_unwatch(struct prober *prober, enum subject subject, uint32_t index)
{
	prober_order(prober, WISH_UNWATCH, (int32_t)index, subject);
}

void prober_detach(struct prober *prober)
{
	prober_order(prober, WISH_DETACH, 0, 0);
	while (!prober_said(prober) && errno != EAGAIN)
		errno = 0;
}

void prober_free(struct prober *prober)
{
	char nothing[1];

	if (!prober)
		return;
	/* It has detached all when it has ended. */
	if (!shutdown(prober->end, SHUT_WR))
		while (read(prober->end, nothing, sizeof(nothing)) > 0)
			;
	close(prober->end);
	close(prober->words);
	free(prober);
}
