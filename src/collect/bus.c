/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a collector takes of a bus. All that it wants of JetStream are messages of that one's own
 * interface, to which answers come when they come: nothing here waits for a server. A half is
 * acknowledged when the database has it, and not before.
 */
#include "collect/bus.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <json-c/json.h>

#include "base/diag.h"
#include "base/time.h"
#include "collect/bus_link.h"
#include "sandbox/user_file.h"

#define STREAM_BYTES (256u << 20) /* hosts have it all: it keeps what nobody has looked at yet */
#define STREAM_AGE_S 3600
#define BATCH	     16		      /* of a partition, before the first one is acknowledged */
#define PULL_MS	     5000	      /* how long a server holds a request for a batch, */
#define PULL_LATE_MS (PULL_MS + 2000) /* and when that request has died with a server */
#define ACK_MS	     15000	      /* after which a server sends it again: longer than PULL_MS */
#define API_MS	     5000	      /* an answer that has not come by then is asked for again */
#define PAUSE_MS     1000
#define ABSENT_MOST  3 /* answers that there is no such consumer, until it is made again */

#define API "$JS.API."
#define ACK "+ACK"
#define NAK "-NAK {\"delay\":1000000000}"

/* Of JetStream's errors. */
#define STREAM_NOT_FOUND 10059

enum bus_state {
	BUS_AWAY,
	BUS_LOOKS,   /* what there is */
	BUS_STREAMS, /* halves come by the stream */
	BUS_DIRECT,  /* there is no JetStream, or none for us now */
	BUS_DELETED,
};

/* A partition's consumer, which all collectors know by one name. */
struct consumer {
	bool is_made;
	unsigned int wanted; /* messages that a server may send yet */
	unsigned int absent; /* answers that it is not there */
	int64_t due_ms;
};

struct bus {
	struct bus_settings settings;
	const char *stream;
	char *seen;
	struct intake *intake;
	struct bus_link *link;
	enum bus_state state;
	bool looks; /* whether the stream is there */
	int64_t look_due_ms;
	struct consumer consumers[PARTITIONS];
};

static void state_set(struct bus *bus, enum bus_state state)
{
	static const char *const texts[] = {
		[BUS_AWAY] = "no server answers",
		[BUS_STREAMS] = "halves come by the stream",
		[BUS_DIRECT] = "no stream can be had: hosts are answered directly",
		[BUS_DELETED] = "the stream was deleted, and is not made again under its name: "
				"hosts are answered directly",
	};

	if (bus->state != state && texts[state])
		diag("NATS, %s: %s", bus->stream, texts[state]);
	bus->state = state;
}

static bool is_name(const char *name)
{
	return *name && strlen(name) < HOST_NAME && !strpbrk(name, " .*>/\\\t\r\n\"");
}

struct bus *bus_open(const struct bus_settings *settings, const char *seen, struct intake *intake)
{
	struct bus *bus = calloc(1, sizeof(*bus));

	if (!bus)
		return NULL;
	bus->settings = *settings;
	bus->stream = settings->stream ?: BUS_STREAM;
	bus->intake = intake;
	bus->state = BUS_LOOKS;
	bus->looks = true;
	bus->seen = strdup(seen);
	if (!is_name(bus->stream))
		diag("%s: cannot be a stream's name", bus->stream);
	else if (bus->seen)
		bus->link = bus_link_open(&settings->broker);
	if (bus->link)
		return bus;
	bus_close(bus);
	return NULL;
}

int bus_file(const struct bus *bus)
{
	return bus_link_file(bus->link);
}

void bus_close(struct bus *bus)
{
	if (!bus)
		return;
	bus_link_close(bus->link);
	free(bus->seen);
	free(bus);
}

/* Asks JetStream: the answer comes under that word. */
static void api_ask(struct bus *bus, const char *subject, const char *word, const char *body)
{
	bus_link_say(bus->link, subject, word, body, strlen(body));
}

/* Returns JetStream's error of the answer; 0: none, -1: nobody answers such questions. */
static int api_error(natsMsg *message)
{
	struct json_object *answer = NULL, *error, *code;
	struct json_tokener *tokener = json_tokener_new();
	int number = -1;

	if (tokener && natsMsg_GetDataLength(message))
		answer = json_tokener_parse_ex(tokener, natsMsg_GetData(message),
					       natsMsg_GetDataLength(message));
	if (json_object_is_type(answer, json_type_object)) {
		number = 0;
		if (json_object_object_get_ex(answer, "error", &error)) {
			json_object_object_get_ex(error, "err_code", &code);
			number = json_object_get_int(code) ?: -1;
		}
	}
	json_object_put(answer);
	if (tokener)
		json_tokener_free(tokener);
	return number;
}

static void stream_look(struct bus *bus)
{
	char subject[BROKER_SUBJECT];

	snprintf(subject, sizeof(subject), API "STREAM.INFO.%s", bus->stream);
	api_ask(bus, subject, "stream", "");
}

static void stream_make(struct bus *bus)
{
	char subject[BROKER_SUBJECT], body[1024];

	snprintf(subject, sizeof(subject), API "STREAM.CREATE.%s", bus->stream);
	snprintf(body, sizeof(body),
		 "{\"name\":\"%s\",\"subjects\":[\"" BROKER_HALF ".>\"],\"retention\":\"limits\","
		 "\"max_consumers\":-1,\"max_msgs\":-1,\"max_bytes\":%u,\"max_age\":%" PRId64 ","
		 "\"max_msg_size\":%u,\"storage\":\"file\",\"discard\":\"old\",\"num_replicas\":"
		 "%" PRIu32 "}",
		 bus->stream, STREAM_BYTES, STREAM_AGE_S * INT64_C(1000000000), MESSAGE_MAX,
		 bus->settings.replicas ?: 1);
	api_ask(bus, subject, "stream", body);
}

/* For who runs after us. */
static void stream_seen(struct bus *bus)
{
	int fd = user_file_openat(AT_FDCWD, bus->seen, O_WRONLY | O_CREAT);

	if (fd >= 0)
		close(fd);
}

/* A stream that was made again under its name stands still for minutes when one of its servers is
 * killed later (2.9.10). */
static void stream_answer(struct bus *bus, int error)
{
	if (!error) {
		bus->looks = false;
		stream_seen(bus);
		state_set(bus, BUS_STREAMS);
	} else if (error == STREAM_NOT_FOUND && access(bus->seen, F_OK)) {
		stream_make(bus);
	} else if (error == STREAM_NOT_FOUND) {
		state_set(bus, BUS_DELETED);
	} else if (bus->state != BUS_STREAMS) {
		state_set(bus, BUS_DIRECT);
	}
}

static void consumer_make(struct bus *bus, unsigned int number)
{
	char subject[2 * BROKER_SUBJECT], body[1024], word[16];

	snprintf(word, sizeof(word), "made-%u", number);
	snprintf(subject, sizeof(subject), API "CONSUMER.DURABLE.CREATE.%s.part-%u", bus->stream,
		 number);
	snprintf(body, sizeof(body),
		 "{\"stream_name\":\"%s\",\"config\":{\"durable_name\":\"part-%u\","
		 "\"filter_subject\":\"" BROKER_HALF ".%u.>\",\"deliver_policy\":\"all\","
		 "\"ack_policy\":\"explicit\",\"ack_wait\":%" PRId64 ",\"max_ack_pending\":%d,"
		 "\"max_deliver\":-1,\"replay_policy\":\"instant\"}}",
		 bus->stream, number, number, ACK_MS * INT64_C(1000000), BATCH);
	api_ask(bus, subject, word, body);
}

static void batch_pull(struct bus *bus, unsigned int number)
{
	char subject[2 * BROKER_SUBJECT], body[64], word[16];

	snprintf(word, sizeof(word), "pull-%u", number);
	snprintf(subject, sizeof(subject), API "CONSUMER.MSG.NEXT.%s.part-%u", bus->stream, number);
	snprintf(body, sizeof(body), "{\"batch\":%d,\"expires\":%" PRId64 "}", BATCH,
		 PULL_MS * INT64_C(1000000));
	api_ask(bus, subject, word, body);
}

static void part_step(struct bus *bus, unsigned int number, int64_t now_ms)
{
	struct consumer *consumer = &bus->consumers[number];

	if (now_ms < consumer->due_ms)
		return;
	if (!consumer->is_made) {
		consumer_make(bus, number);
		consumer->due_ms = now_ms + API_MS;
		return;
	}
	batch_pull(bus, number);
	consumer->wanted = BATCH;
	consumer->due_ms = now_ms + PULL_LATE_MS;
}

static void consumer_answer(struct bus *bus, struct consumer *consumer, int error)
{
	consumer->is_made = !error;
	consumer->absent = 0;
	consumer->due_ms = time_now_ms() + (error ? PAUSE_MS : 0);
	bus->looks |= error != 0;
}

/* The batch is over. 408 says that its time is; what says that nobody is there looks for the
 * stream. */
static void pull_answer(struct bus *bus, struct consumer *consumer, natsMsg *message)
{
	const char *status = "";

	natsMsgHeader_Get(message, "Status", &status);
	consumer->wanted = 0;
	consumer->due_ms = time_now_ms();
	if (!strcmp(status, "408") || !strcmp(status, "404"))
		return;
	consumer->due_ms += PAUSE_MS;
	bus->looks = true;
	if (!strcmp(status, "503") && ++consumer->absent >= ABSENT_MOST)
		consumer->is_made = false;
}

/* What was asked for under that word is answered by the message, which is at its end. */
static void word_take(struct bus *bus, const char *word, natsMsg *message)
{
	const char *dash = strchr(word, '-');
	unsigned long number = dash ? strtoul(dash + 1, NULL, 10) : PARTITIONS;

	if (!strcmp(word, "stream"))
		stream_answer(bus, api_error(message));
	else if (number < PARTITIONS && !strncmp(word, "made-", 5))
		consumer_answer(bus, &bus->consumers[number], api_error(message));
	else if (number < PARTITIONS && !strncmp(word, "pull-", 5))
		pull_answer(bus, &bus->consumers[number], message);
	natsMsg_Destroy(message);
}

/* Of the stream: it is one of those that were wanted. */
static bool is_half(struct bus *bus, const char *subject)
{
	const size_t length = strlen(BROKER_HALF ".");
	unsigned long number;

	if (strncmp(subject, BROKER_HALF ".", length) != 0)
		return false;
	number = strtoul(subject + length, NULL, 10);
	if (number < PARTITIONS) {
		struct consumer *consumer = &bus->consumers[number];

		consumer->absent = 0;
		consumer->wanted -= consumer->wanted > 0;
		if (!consumer->wanted)
			consumer->due_ms = 0;
	}
	return true;
}

/* Messages that are taken at once, and whose. */
struct bus_batch {
	natsMsg *message[TAKINGS_MAX];
	char host[TAKINGS_MAX][HOST_NAME];
	struct taking taking[TAKINGS_MAX];
	size_t count;
};

static void message_add(struct bus *bus, struct bus_batch *batch, natsMsg *message)
{
	char *host = batch->host[batch->count];

	if (!broker_host(natsMsg_GetSubject(message), host))
		*host = '\0'; /* which no message is of */
	batch->taking[batch->count] =
		(struct taking){.bytes = natsMsg_GetData(message) ?: "",
				.size = (size_t)natsMsg_GetDataLength(message),
				.host = host,
				.wants_answer = !is_half(bus, natsMsg_GetSubject(message))};
	batch->message[batch->count++] = message;
}

/* What is no message of that host is acknowledged, too: it would come for ever. Who asks is told.
 */
static void message_answer(struct bus *bus, natsMsg *message, struct taking *taking)
{
	const char *reply = natsMsg_GetReply(message);

	if (reply && !taking->wants_answer)
		api_ask(bus, reply, NULL, taking->err ? NAK : ACK);
	else if (reply && taking->fault)
		api_ask(bus, reply, NULL, message_fault_name(taking->fault));
	else if (reply && taking->answer.bytes)
		bus_link_say(bus->link, reply, NULL, taking->answer.bytes, taking->answer.size);
	free(taking->answer.bytes);
	natsMsg_Destroy(message);
}

static void batch_take(struct bus *bus, struct bus_batch *batch, struct bus_done *done)
{
	intake_take(bus->intake, batch->taking, batch->count);
	for (size_t i = 0; i < batch->count; i++) {
		done->has_new |= !batch->taking[i].fault && !batch->taking[i].err;
		message_answer(bus, batch->message[i], &batch->taking[i]);
	}
}

/* Servers have forgotten what we wanted. */
static void connection_new(struct bus *bus)
{
	for (size_t i = 0; i < PARTITIONS; i++)
		bus->consumers[i].due_ms = 0;
	bus->looks = true;
	bus->look_due_ms = 0;
	state_set(bus, BUS_LOOKS);
}

static void wants_step(struct bus *bus, const bool has_part[PARTITIONS])
{
	int64_t now_ms = time_now_ms();

	if (bus->looks && now_ms >= bus->look_due_ms) {
		stream_look(bus);
		bus->look_due_ms = now_ms + API_MS;
	}
	for (unsigned int i = 0; bus->state == BUS_STREAMS && i < PARTITIONS; i++)
		if (has_part[i])
			part_step(bus, i, now_ms);
}

struct bus_done bus_step(struct bus *bus, const bool has_part[PARTITIONS])
{
	bool is_up = bus_link_step(bus->link);
	struct bus_done done = {false, false};
	struct bus_batch batch = {.count = 0};
	natsMsg *message;

	if (!is_up)
		state_set(bus, BUS_AWAY);
	if (bus_link_is_new(bus->link))
		connection_new(bus);
	for (int i = 0; i < TAKINGS_MAX && (message = bus_link_next(bus->link)); i++) {
		const char *word = bus_link_word(bus->link, natsMsg_GetSubject(message));

		done.has_more = i == TAKINGS_MAX - 1;
		if (word)
			word_take(bus, word, message);
		else
			message_add(bus, &batch, message);
	}
	if (batch.count)
		batch_take(bus, &batch, &done);
	if (is_up)
		wants_step(bus, has_part);
	return done;
}
