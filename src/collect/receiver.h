/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A receiver of OTLP: is sent one request after the other by HTTP, without being waited for. */
#ifndef MIGTRACE_COLLECT_RECEIVER_H
#define MIGTRACE_COLLECT_RECEIVER_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#define RECEIVER_WHY 256

enum receiver_verdict {
	RECEIVER_BUSY,	   /* has not answered yet, or was not asked */
	RECEIVER_ACCEPTED, /* has it */
	RECEIVER_PARTIAL,  /* has taken some of it; it is not to be sent again */
	RECEIVER_REFUSED,  /* does not want it; it is not to be sent again */
	RECEIVER_FAILED,   /* could not be asked, or says that it may be sent again */
};

struct receiver_answer {
	enum receiver_verdict verdict;
	char why[RECEIVER_WHY]; /* unless it was accepted */
	int retry_ms;		/* not before so long; 0: it does not say */
};

struct receiver;

/* Returns NULL with a line on stderr, which does not have the URL. receiver_close() frees. */
struct receiver *receiver_open(const char *url);

/* Begins to send the text, which stays the caller's until there is an answer. One at a time.
 * Returns 0 or -errno. */
int receiver_send(struct receiver *receiver, const char *text, size_t size);

/* Returns what has come of it, which is told once. */
struct receiver_answer receiver_step(struct receiver *receiver);

/* As poll(2), also until there is something to do for the receiver. */
int receiver_poll(struct receiver *receiver, struct pollfd *fds, size_t count, int pause_ms);

/* NULL is none. */
void receiver_close(struct receiver *receiver);

#endif
