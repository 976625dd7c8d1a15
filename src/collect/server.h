/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a collector answers by HTTP: to hosts, to Prometheus, and to whoever looks at migrations. */
#ifndef MIGTRACE_COLLECT_SERVER_H
#define MIGTRACE_COLLECT_SERVER_H

#include "collect/intake.h"
#include "collect/judge.h"
#include "collect/metrics.h"

struct server;

struct server_settings {
	const char *listen;			   /* ADDRESS:PORT */
	const char *certificate, *certificate_key; /* files; NULL: no TLS */
};

/* What is served, the caller's. */
struct served {
	struct database *database;
	struct intake *intake;
	struct judge *judge;
	const struct metrics *metrics;
	struct gauges gauges;
	bool has_new; /* set where a half has come */
};

/* Listens. Returns NULL with a line on stderr. server_close() frees. */
struct server *server_open(const struct server_settings *settings, struct served *served);

/* Returns a file that can be read when there is something to do: the server's. */
int server_file(const struct server *server);

/* Returns the port that it listens at. */
unsigned int server_port(const struct server *server);

/*
 * Returns for how long there is nothing to do but for the file, ms, at most as long as most_ms:
 * what it has looked at already does not make the file readable again.
 */
int server_pause_ms(const struct server *server, int most_ms);

/* Does what there is to do. */
void server_step(struct server *server);

/* NULL is none. */
void server_close(struct server *server);

#endif
