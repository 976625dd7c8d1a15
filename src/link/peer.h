/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A recorder on the other host, started by a command: its records, and the exchange of stamps. */
#ifndef MIGTRACE_LINK_PEER_H
#define MIGTRACE_LINK_PEER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "core/recording.h"

struct peer;

/* Called for each answer; all but t4_ns is filled in. */
typedef void peer_fn(void *arg, struct exchange *exchange);

/*
 * Starts the shell command, which has to run `migtrace record -o - --answer` on the other host. Its
 * records go to the file of that name, or nowhere for NULL. Returns 0 and *peer, which the caller
 * ends with peer_end, or -errno.
 */
int peer_start(const char *command, const char *output, struct peer **peer);

/* Returns what is to be polled for input; -1 once the peer has ended. */
int peer_fd(const struct peer *peer);

/* Asks, unless the peer is so slow that earlier questions still wait. Returns whether it did. */
bool peer_ask(struct peer *peer, int64_t t1_ns);

/*
 * Reads what has come. Returns 0; or, with a line on stderr, -EPIPE where the peer has ended,
 * -EPROTO where it sends what no recorder does, or -errno of the file: then it is not read further.
 */
int peer_read(struct peer *peer, peer_fn *answered, void *arg);

/* Lets the peer end, takes what it still sends, for some seconds at most, and releases it. */
void peer_end(struct peer *peer, peer_fn *answered, void *arg);

#endif
