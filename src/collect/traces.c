/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sends the trace of each migration that is stored to a receiver of OTLP, by HTTP, until that has
 * answered for it: the queue is in the database. */
#include "collect/traces.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/time.h"
#include "collect/matcher.h"
#include "collect/receiver.h"
#include "fleet/backoff.h"

/* What report writes of a migration of which it is not known when it was: nothing to be sent. */
#define NO_SPANS "{\"resourceSpans\":[]}\n"

#define EMPTY_MAX      100  /* of those one after the other: others have their turn, too */
#define LOOK_MS	       1000 /* what others have queued is looked for, and what is too much */
#define PAUSE_FIRST_MS 1000
#define PAUSE_MOST_MS  300000

/* What is being sent. */
struct sent {
	char migration[NONCE_TEXT];
	int64_t queued_ms; /* it was queued again since, where that is another one */
	char *text;	   /* NULL: nothing is being sent */
};

struct traces {
	struct traces_parts parts;
	struct receiver *receiver;
	struct sent sent;
	bool has_new;
	bool was_refused;      /* what was sent last: said already */
	unsigned int failures; /* one after the other */
	int64_t due_ms;	       /* nothing is sent before */
	int64_t look_ms;
};

struct traces *traces_open(const char *url, const struct traces_parts *parts)
{
	struct receiver *receiver = receiver_open(url);
	struct traces *traces = receiver ? calloc(1, sizeof(*traces)) : NULL;

	if (!traces) {
		receiver_close(receiver);
		return NULL;
	}
	traces->parts = *parts;
	traces->receiver = receiver;
	return traces;
}

void traces_close(struct traces *traces)
{
	if (!traces)
		return;
	receiver_close(traces->receiver);
	free(traces->sent.text);
	free(traces);
}

int trace_queue(struct database *database, const char *migration, int64_t part)
{
	const struct value values[] = {text_value(migration), NUMBER_VALUE(part)};
	int err = database_run(database, TRACE_ADD, values, 2, NULL, NULL);

	return err < 0 ? err : 0;
}

void traces_wake(struct traces *traces)
{
	if (traces)
		traces->has_new = true;
}

int traces_poll(struct traces *traces, struct pollfd *fds, size_t count, int pause_ms)
{
	return traces ? receiver_poll(traces->receiver, fds, count, pause_ms)
		      : poll(fds, count, pause_ms);
}

/* Those that have waited longest are dropped. */
static void queue_cut(struct traces *traces)
{
	const struct value most = NUMBER_VALUE(TRACES_MAX);
	int dropped = database_run(traces->parts.database, TRACES_CUT, &most, 1, NULL, NULL);

	if (dropped > 0)
		traces->parts.counts->traces[TRACE_DROPPED] += (uint64_t)dropped;
}

static int next_note(void *arg, const struct value *columns, size_t count)
{
	struct sent *sent = arg;

	(void)count;
	snprintf(sent->migration, sizeof(sent->migration), "%s", value_text(&columns[0]));
	sent->queued_ms = columns[1].number;
	return 0;
}

/* It is sent no more, unless it was queued again meanwhile. */
static void queue_take(struct traces *traces)
{
	const struct value key[] = {text_value(traces->sent.migration),
				    NUMBER_VALUE(traces->sent.queued_ms)};

	database_run(traces->parts.database, TRACE_DONE, key, 2, NULL, NULL);
	free(traces->sent.text);
	traces->sent.text = NULL;
}

/* Returns 0, -EPROTO where none can be made of its halves, or -errno. */
static int text_make(struct traces *traces)
{
	const struct value key = text_value(traces->sent.migration);
	struct half_entries entries = {NULL, 0, 0};
	struct judge_half halves[JUDGE_HALVES];
	struct judge_answer answer = {.count = 0};
	int err = database_run(traces->parts.database, MIGRATION_HALVES, &key, 1, half_entry_add,
			       &entries);

	if (err >= 0 && (!entries.count || entries.count > JUDGE_HALVES))
		err = -EPROTO; /* it was replaced by another one, or was too old */
	for (size_t i = 0; err >= 0 && i < entries.count; i++)
		halves[i] = half_to_judge(&entries.entry[i]);
	if (err >= 0)
		err = judge_ask(traces->parts.judge, halves, entries.count, JUDGE_TRACE, &answer);
	if (!err && answer.count == 1 && strcmp(answer.report[0].text, NO_SPANS) != 0)
		traces->sent.text = strdup(answer.report[0].text);
	judge_answer_free(&answer);
	half_entries_free(&entries);
	return err ?: traces->sent.text ? 0 : -EPROTO;
}

/* What cannot be sent now is sent later. */
static void text_drop(struct traces *traces, int pause_ms)
{
	free(traces->sent.text);
	traces->sent.text = NULL;
	traces->due_ms = time_now_ms() + pause_ms;
}

/* Begins with the next one in the queue. One that has nothing to be sent is taken out. */
static void next_send(struct traces *traces)
{
	const struct value owner = text_value(traces->parts.owner);
	int err = database_run(traces->parts.database, TRACE_NEXT, &owner, 1, next_note,
			       &traces->sent);

	traces->has_new = err > 0;
	if (err > 0)
		err = text_make(traces)
			      ?: receiver_send(traces->receiver, traces->sent.text,
					       strlen(traces->sent.text));
	if (err == -EPROTO)
		queue_take(traces);
	else if (err < 0)
		text_drop(traces, LOOK_MS);
}

/* Said once, until it goes well again. */
static void failure_note(struct traces *traces, const struct receiver_answer *answer)
{
	int pause_ms = backoff_ms(PAUSE_FIRST_MS, PAUSE_MOST_MS, traces->failures);

	if (!traces->failures++)
		diag("traces: %s; they are sent later", answer->why);
	text_drop(traces, pause_ms > answer->retry_ms ? pause_ms : answer->retry_ms);
}

static void verdict_note(struct traces *traces, const struct receiver_answer *answer)
{
	static const enum trace_result results[] = {[RECEIVER_ACCEPTED] = TRACE_ACCEPTED,
						    [RECEIVER_PARTIAL] = TRACE_PARTIAL,
						    [RECEIVER_REFUSED] = TRACE_REFUSED};
	bool is_refused = answer->verdict != RECEIVER_ACCEPTED;

	if (traces->failures)
		diag("traces: the receiver answers again");
	if (is_refused && !traces->was_refused)
		diag("traces: that of migration %s was refused: %s", traces->sent.migration,
		     answer->why);
	traces->was_refused = is_refused;
	traces->failures = 0;
	traces->parts.counts->traces[results[answer->verdict]]++;
	queue_take(traces);
}

static void answer_take(struct traces *traces)
{
	struct receiver_answer answer = receiver_step(traces->receiver);

	if (answer.verdict == RECEIVER_FAILED)
		failure_note(traces, &answer);
	else if (answer.verdict != RECEIVER_BUSY)
		verdict_note(traces, &answer);
}

void traces_step(struct traces *traces)
{
	int64_t now_ms = time_now_ms();

	if (!traces)
		return;
	answer_take(traces);
	if (now_ms >= traces->look_ms) {
		traces->look_ms = now_ms + LOOK_MS;
		traces->has_new = true;
		queue_cut(traces);
	}
	for (int i = 0;
	     i < EMPTY_MAX && !traces->sent.text && traces->has_new && now_ms >= traces->due_ms;
	     i++)
		next_send(traces);
	if (traces->sent.text)
		answer_take(traces);
}
