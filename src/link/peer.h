/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A recorder on the other host, started by a command: its records, and the exchange of stamps. */
#ifndef MIGTRACE_LINK_PEER_H
#define MIGTRACE_LINK_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/recording/recording.h"
#include "link/starter.h"

struct peer;

/* Called for each answer; all but t4_ns is filled in. */
typedef void peer_fn(void *arg, struct exchange *exchange);

/*
 * Returns the stream that takes its records; file, where they are to be kept (NULL: nowhere), is
 * its from now on. err says why that is not there.
 */
typedef FILE *peer_output_fn(void *arg, FILE *file, int err);

/*
 * Starts the index-th command of the starter, which has to run `migtrace record -o - --answer` on
 * the other host. Its records go to output's stream, or for NULL to the file. name is what messages
 * call it, borrowed. What it says on its standard error goes to ours; through peer_said(), if it is
 * heard. Returns 0 and *peer, which the caller ends with peer_end or peer_kill; or -errno.
 */
int peer_start(const char *name, struct starter *starter, size_t index, peer_output_fn *output,
	       void *arg, struct peer **peer);

/* Returns what is to be polled for input; -1 once the peer has ended. */
int peer_fd(const struct peer *peer);

/* The same of what it says on its standard error; -1 if it is not heard, or that has ended. */
int peer_said_fd(const struct peer *peer);

/*
 * Passes on to our standard error what it has said on its own, with its name before each line; not
 * more than some lines.
 */
void peer_said(struct peer *peer);

/* Returns how many bytes of records and answers have come. */
uint64_t peer_bytes(const struct peer *peer);

/* Asks, unless the peer is so slow that earlier questions still wait. Returns whether it did. */
bool peer_ask(struct peer *peer, int64_t t1_ns);

/*
 * Reads what has come. Returns 0; or, with a line on stderr, -EPIPE where the peer has ended,
 * -EPROTO where it sends what no recorder does, or -errno of the file: then it is not read further.
 */
int peer_read(struct peer *peer, peer_fn *answered, void *arg);

/* The same, but its end is as it should be: nothing is said of it. */
int peer_rest(struct peer *peer, peer_fn *answered, void *arg);

/* Lets the peer end: what it still sends can be read until it has ended. */
void peer_finish(struct peer *peer);

/* Ends it and what it has started here at once, and releases it; by the end of its input, what runs
 * on the other host, too. */
void peer_kill(struct peer *peer);

/* Lets the peer end, takes what it still sends, for some seconds at most, and releases it. */
void peer_end(struct peer *peer, peer_fn *answered, void *arg);

#endif
