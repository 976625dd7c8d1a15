/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How hosts and collectors meet at a bus, which is NATS: its servers, who they are, and subjects.
 */
#ifndef MIGTRACE_FLEET_BROKER_H
#define MIGTRACE_FLEET_BROKER_H

#include <stdbool.h>
#include <nats/nats.h>

#include "core/recording/recording.h"

/*
 * What a stream keeps until a collector has it: BROKER_HALF.PARTITION.HOST. What a collector
 * answers itself: BROKER_ASK.HOST. Answers go to BROKER_INBOX.HOST, where that host alone may
 * listen.
 */
#define BROKER_HALF    "migtrace.half"
#define BROKER_ASK     "migtrace.ask"
#define BROKER_INBOX   "_INBOX"
#define BROKER_SUBJECT (HOST_NAME + 32)

/* Whereto, and by which files. NULL: none. */
struct broker_settings {
	const char *servers;				/* URLs, with commas between */
	const char *ca, *certificate, *certificate_key; /* of TLS */
	const char *credentials; /* NATS's own, or: user and password, or a token, a line each */
};

/*
 * Makes the options of a connection, natsOptions_Destroy() frees. Returns NULL with a line on
 * stderr.
 */
natsOptions *broker_options(const struct broker_settings *settings);

/* Writes the host's name as one word of a subject. */
void broker_word(const char *host, char word[HOST_NAME]);

/* Writes which host the subject's last word is. Returns whether it can be one. */
bool broker_host(const char *subject, char host[HOST_NAME]);

#endif
