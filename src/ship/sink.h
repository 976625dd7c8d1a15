/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ways to a collector: one table of them. */
#ifndef MIGTRACE_SHIP_SINK_H
#define MIGTRACE_SHIP_SINK_H

#include <stdbool.h>
#include <stddef.h>

#include "fleet/message.h"

/* Whereto, and by which files. NULL: none. */
struct sink_settings {
	const char *url;
	const char *ca, *certificate, *certificate_key; /* of TLS */
	const char *credentials; /* of a bus: user and password, or a token */
};

/* What came back. */
struct reply {
	char bytes[MESSAGE_HEAD_MAX + SHA256_TEXT + 1];
	size_t size; /* 0: it was taken over by a broker, and what the collector has is not known */
};

struct sink;

/*
 * Returns the way that the URL names, not yet connected; NULL with a line on stderr. sink_close()
 * frees.
 */
struct sink *sink_open(const struct sink_settings *settings);

/*
 * Sends the bytes of the message; connects if need be. Returns 0, or -errno, and then why is a text
 * of the sink's: -EMSGSIZE where this way takes no message of that size.
 */
int sink_exchange(struct sink *sink, const struct message *message, const char *bytes, size_t size,
		  struct reply *reply, const char **why);

/* Ends the connection until there is something to say. */
void sink_rest(struct sink *sink);

/* NULL is none. */
void sink_close(struct sink *sink);

#endif
