/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * To a collector by NATS: a half to a stream, whose acknowledgement says that a broker has it; and
 * what only a collector knows to whichever collector answers first. Where no stream takes a half
 * (there is none, or too few of its servers), it goes to a collector as a question does, until the
 * connection ends: that needs no more of the broker than a question needs, and a half that the
 * stream has taken all the same does no harm twice.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "fleet/broker.h"
#include "ship/sink_private.h"

#define ANSWER_MS 5000

struct nats {
	struct broker_settings settings;
	natsOptions *options;	    /* NULL: not yet */
	natsConnection *connection; /* NULL: not connected */
	jsCtx *stream;
	int64_t taken; /* by the stream, up to this number: what is offered again was stuck there */
	bool has_no_stream;   /* by what came of this connection */
	char host[HOST_NAME]; /* as a word of a subject */
};

static void nats_rest(void *state)
{
	struct nats *nats = state;

	jsCtx_Destroy(nats->stream);
	natsConnection_Destroy(nats->connection);
	natsOptions_Destroy(nats->options);
	nats->stream = NULL;
	nats->connection = NULL;
	nats->options = NULL;
	nats->has_no_stream = false;
}

static void nats_end(void *state)
{
	struct nats *nats = state;

	nats_rest(nats);
	free(nats);
}

static void *nats_begin(const struct sink_settings *settings)
{
	struct nats *nats = calloc(1, sizeof(*nats));

	if (nats)
		nats->settings =
			(struct broker_settings){settings->url, settings->ca, settings->certificate,
						 settings->certificate_key, settings->credentials};
	return nats;
}

/* NATS begins threads by it: not before the program has left its capabilities. It would send again
 * what is sent again here, and of what it has not sent nothing is known: it does not. */
static natsStatus nats_connect(struct nats *nats, const char *host)
{
	char inbox[BROKER_SUBJECT];
	natsStatus status;

	if (nats->connection)
		return NATS_OK;
	nats->options = broker_options(&nats->settings);
	if (!nats->options)
		return NATS_INVALID_ARG;
	broker_word(host, nats->host);
	snprintf(inbox, sizeof(inbox), BROKER_INBOX ".%s", nats->host);
	status = natsOptions_SetCustomInboxPrefix(nats->options, inbox);
	if (status == NATS_OK)
		status = natsOptions_SetAllowReconnect(nats->options, false);
	if (status == NATS_OK)
		status = natsConnection_Connect(&nats->connection, nats->options);
	if (status == NATS_OK)
		status = natsConnection_JetStream(&nats->stream, nats->connection, NULL);
	return status;
}

static natsStatus half_publish(struct nats *nats, const struct message *message, const char *bytes,
			       size_t size)
{
	jsPubOptions options = {.MaxWait = ANSWER_MS};
	char subject[BROKER_SUBJECT];

	snprintf(subject, sizeof(subject), BROKER_HALF ".%u.%s", message_partition(message->id),
		 nats->host);
	return js_Publish(NULL, nats->stream, subject, bytes, (int)size, &options, NULL);
}

/* An answer that is too long is none. */
static natsStatus collector_ask(struct nats *nats, const char *bytes, size_t size,
				struct reply *reply)
{
	char subject[BROKER_SUBJECT];
	natsMsg *answer = NULL;
	natsStatus status;

	snprintf(subject, sizeof(subject), BROKER_ASK ".%s", nats->host);
	status = natsConnection_Request(&answer, nats->connection, subject, bytes, (int)size,
					ANSWER_MS);
	if (status != NATS_OK)
		return status;
	if ((size_t)natsMsg_GetDataLength(answer) <= sizeof(reply->bytes)) {
		reply->size = (size_t)natsMsg_GetDataLength(answer);
		memcpy(reply->bytes, natsMsg_GetData(answer), reply->size);
	}
	natsMsg_Destroy(answer);
	return reply->size ? NATS_OK : NATS_PROTOCOL_ERROR;
}

/* What is not permitted is not answered: the connection knows it by another message. */
static void why_tell(const struct nats *nats, natsStatus status, char why[WHY_TEXT])
{
	const char *error = "";

	if (status == NATS_TIMEOUT && nats->connection)
		natsConnection_GetLastError(nats->connection, &error);
	if (status == NATS_NO_RESPONDERS)
		error = "no collector is at this bus";
	if (status == NATS_MAX_PAYLOAD)
		error = "the bus takes no message of that size: see its max_payload";
	snprintf(why, WHY_TEXT, "%s", *error ? error : natsStatus_GetText(status));
}

static int nats_exchange(void *state, const struct message *message, const char *bytes, size_t size,
			 struct reply *reply, char why[WHY_TEXT])
{
	struct nats *nats = state;
	natsStatus status = nats_connect(nats, message->host);

	if (status == NATS_OK && message->kind != MESSAGE_ASK && !nats->has_no_stream &&
	    message->number > nats->taken) {
		status = half_publish(nats, message, bytes, size);
		if (status == NATS_OK) {
			nats->taken = message->number;
			return 0;
		}
		if (status == NATS_NO_RESPONDERS || status == NATS_TIMEOUT || status == NATS_ERR) {
			nats->has_no_stream = true;
			status = NATS_OK;
		}
	}
	if (status == NATS_OK)
		status = collector_ask(nats, bytes, size, reply);
	if (status == NATS_OK)
		return 0;
	why_tell(nats, status, why);
	return status == NATS_MAX_PAYLOAD ? -EMSGSIZE : -EIO;
}

static const char *const schemes[] = {"nats", "tls", NULL};

const struct sink_way nats_way = {schemes, nats_begin, nats_exchange, nats_rest, nats_end};
