/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A collector's connection to a bus: what comes by NATS's threads is handed over to our one. */
#include "collect/bus_link.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/time.h"
#include "fleet/backoff.h"

#define GROUP	      "migtrace-collectors" /* one of them answers */
#define PAUSE_MS      250		    /* the first one, which doubles, */
#define PAUSE_MOST_MS 8000
#define AGAIN_MS      5000
#define CLOSE_MS      2000
#define CAME_BYTES    (64u << 20) /* what waits for us; above it comes again, or is asked again */

/* A message that waits for our thread. */
struct came {
	natsMsg *message;
	struct came *next;
};

struct bus_link {
	natsOptions *options;
	natsConnection *connection; /* NULL: not yet */
	natsSubscription *asks, *answers;
	natsInbox *inbox;
	size_t inbox_length;
	int64_t again_ms; /* when to connect again, where NATS does not */
	int event;
	pthread_mutex_t lock; /* of what follows, which NATS's threads write, too */
	struct came *first, **last;
	size_t bytes;
	bool is_new, is_closed;
};

static void wake(struct bus_link *link)
{
	const uint64_t one = 1;

	if (write(link->event, &one, sizeof(one)) < 0)
		return; /* it is full: we are awake */
}

/* Runs in a thread of NATS's, as the two below. */
static void message_put(natsConnection *connection, natsSubscription *subscription,
			natsMsg *message, void *arg)
{
	struct bus_link *link = arg;
	struct came *came = malloc(sizeof(*came));
	size_t size = (size_t)natsMsg_GetDataLength(message);

	(void)connection;
	(void)subscription;
	pthread_mutex_lock(&link->lock);
	if (came && !link->is_closed && link->bytes + size <= CAME_BYTES) {
		*came = (struct came){message, NULL};
		*link->last = came;
		link->last = &came->next;
		link->bytes += size;
		came = NULL;
		message = NULL;
	}
	pthread_mutex_unlock(&link->lock);
	free(came);
	natsMsg_Destroy(message);
	wake(link);
}

static void connection_note(natsConnection *connection, void *arg)
{
	struct bus_link *link = arg;

	(void)connection;
	pthread_mutex_lock(&link->lock);
	link->is_new = true;
	pthread_mutex_unlock(&link->lock);
	wake(link);
}

/* Of all collectors not two at once. */
static int64_t pause_ms(natsConnection *connection, int attempts, void *arg)
{
	(void)connection;
	(void)arg;
	return backoff_ms(PAUSE_MS, PAUSE_MOST_MS, attempts > 1 ? (unsigned int)attempts - 1 : 0);
}

static natsStatus options_set(struct bus_link *link)
{
	natsStatus status = natsOptions_SetMaxReconnect(link->options, INT32_MAX);

	if (status == NATS_OK)
		status = natsOptions_SetCustomReconnectDelay(link->options, pause_ms, NULL);
	if (status == NATS_OK)
		status = natsOptions_SetReconnectedCB(link->options, connection_note, link);
	if (status == NATS_OK)
		status = natsOptions_SetRetryOnFailedConnect(link->options, true, connection_note,
							     link);
	return status;
}

static void connection_end(struct bus_link *link)
{
	natsSubscription_Destroy(link->asks);
	natsSubscription_Destroy(link->answers);
	natsConnection_Destroy(link->connection);
	link->asks = link->answers = NULL;
	link->connection = NULL;
}

static void connection_begin(struct bus_link *link)
{
	char answers[BROKER_SUBJECT];
	natsStatus status = natsConnection_Connect(&link->connection, link->options);

	snprintf(answers, sizeof(answers), "%s.*", link->inbox);
	if (status == NATS_OK)
		connection_note(NULL, link);
	if (status == NATS_OK || status == NATS_NOT_YET_CONNECTED)
		status = natsConnection_QueueSubscribe(&link->asks, link->connection,
						       BROKER_ASK ".*", GROUP, message_put, link);
	if (status == NATS_OK)
		status = natsConnection_Subscribe(&link->answers, link->connection, answers,
						  message_put, link);
	if (status == NATS_OK)
		return;
	diag("NATS: %s", natsStatus_GetText(status));
	connection_end(link);
}

struct bus_link *bus_link_open(const struct broker_settings *settings)
{
	struct bus_link *link = calloc(1, sizeof(*link));

	if (!link)
		return NULL;
	pthread_mutex_init(&link->lock, NULL);
	link->last = &link->first;
	link->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	link->options = broker_options(settings);
	if (link->event >= 0 && link->options && natsInbox_Create(&link->inbox) == NATS_OK &&
	    options_set(link) == NATS_OK) {
		link->inbox_length = strlen(link->inbox);
		return link;
	}
	bus_link_close(link);
	return NULL;
}

int bus_link_file(const struct bus_link *link)
{
	return link->event;
}

bool bus_link_step(struct bus_link *link)
{
	uint64_t count;

	if (read(link->event, &count, sizeof(count)) < 0)
		count = 0;
	if (link->connection && natsConnection_IsClosed(link->connection))
		connection_end(link);
	if (!link->connection && time_now_ms() >= link->again_ms) {
		connection_begin(link);
		link->again_ms = time_now_ms() + AGAIN_MS;
	}
	return link->connection &&
	       natsConnection_Status(link->connection) == NATS_CONN_STATUS_CONNECTED;
}

bool bus_link_is_new(struct bus_link *link)
{
	bool is_new;

	pthread_mutex_lock(&link->lock);
	is_new = link->is_new;
	link->is_new = false;
	pthread_mutex_unlock(&link->lock);
	return is_new;
}

natsMsg *bus_link_next(struct bus_link *link)
{
	natsMsg *message = NULL;
	struct came *came;

	pthread_mutex_lock(&link->lock);
	came = link->first;
	if (came) {
		message = came->message;
		link->first = came->next;
		link->last = came->next ? link->last : &link->first;
		link->bytes -= (size_t)natsMsg_GetDataLength(message);
	}
	pthread_mutex_unlock(&link->lock);
	free(came);
	return message;
}

const char *bus_link_word(const struct bus_link *link, const char *subject)
{
	bool is_ours = !strncmp(subject, link->inbox, link->inbox_length) &&
		       subject[link->inbox_length] == '.';

	return is_ours ? subject + link->inbox_length + 1 : NULL;
}

void bus_link_say(struct bus_link *link, const char *subject, const char *word, const void *bytes,
		  size_t size)
{
	char reply[BROKER_SUBJECT];

	/* What NATS would keep for the next connection is too old then: see bus_link_is_new(). */
	if (!link->connection || natsConnection_IsReconnecting(link->connection))
		return;
	snprintf(reply, sizeof(reply), "%s.%s", link->inbox, word ?: "");
	if (word)
		natsConnection_PublishRequest(link->connection, subject, reply, bytes, (int)size);
	else
		natsConnection_Publish(link->connection, subject, bytes, (int)size);
}

void bus_link_close(struct bus_link *link)
{
	natsMsg *message;

	if (!link)
		return;
	if (link->connection)
		natsConnection_Flush(link->connection);
	connection_end(link);
	pthread_mutex_lock(&link->lock);
	link->is_closed = true; /* after NATS's end no message could be freed */
	pthread_mutex_unlock(&link->lock);
	while ((message = bus_link_next(link)))
		natsMsg_Destroy(message);
	natsOptions_Destroy(link->options);
	natsInbox_Destroy(link->inbox);
	/* As long as a thread of NATS's may run, what it writes stays. */
	if (nats_CloseAndWait(CLOSE_MS) != NATS_OK)
		return;
	if (link->event >= 0)
		close(link->event);
	pthread_mutex_destroy(&link->lock);
	free(link);
}
