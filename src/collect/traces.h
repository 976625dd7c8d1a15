/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sends the trace of each migration that is stored to a receiver of OTLP, by HTTP, until that has
 * answered for it. */
#ifndef MIGTRACE_COLLECT_TRACES_H
#define MIGTRACE_COLLECT_TRACES_H

#include <poll.h>
#include <stddef.h>

#include "collect/counts.h"
#include "collect/judge.h"
#include "collect/row.h"

/* How many migrations may wait to be sent, in the database; of more the oldest are dropped. */
#define TRACES_MAX 100000

struct traces;

/* What it works with, the caller's. */
struct traces_parts {
	struct database *database;
	struct judge *judge;
	struct counts *counts;
	const char *owner; /* of the partitions whose migrations it sends */
};

/*
 * Is ready to send to that URL, which is said to nobody, as it may have a secret in it. Returns
 * NULL with a line on stderr: one that names a user is refused. traces_close() frees.
 */
struct traces *traces_open(const char *url, const struct traces_parts *parts);

/* Notes that the migration, which has just been stored, is to be sent: in the transaction that goes
 * on. Returns 0 or -errno. */
int trace_queue(struct database *database, const char *migration, int64_t part);

/* There is something new in the queue. */
void traces_wake(struct traces *traces);

/* As poll(2), also until there is something to do for traces, unless that is NULL. */
int traces_poll(struct traces *traces, struct pollfd *fds, size_t count, int pause_ms);

/* Does what there is to do, and does not wait for the receiver. */
void traces_step(struct traces *traces);

/* What was not answered for is sent again by who opens it next. NULL is none. */
void traces_close(struct traces *traces);

#endif
