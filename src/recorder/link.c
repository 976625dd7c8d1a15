/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The other host: the recorder that we start there, or the one that has started us. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/time.h"
#include "record/write.h"
#include "recorder/state.h"

static FILE *peer_output(void *arg, FILE *file, int err)
{
	(void)arg;
	if (err)
		diag("cannot write the peer's records: %s: they are not kept", strerror(-err));
	return file;
}

static void peer_warn(struct recorder *recorder, int err)
{
	if (!err)
		return;
	diag("cannot start the peer: %s: this host alone is recorded", strerror(-err));
	recorder->has_lost = true;
}

void link_prepare(struct recorder *recorder)
{
	const struct recorder_settings *settings = recorder->settings;
	const struct start start = {settings->peer_command, settings->peer_output, false};

	if (!settings->peer_command)
		return;
	recorder->starter = starter_new(&start, 1);
	if (!recorder->starter)
		peer_warn(recorder, -errno);
}

/*
 * Without its peer a host is recorded all the same. Started only now: a process that was begun
 * after the peer would have its pipes, too, and the peer never see that we end.
 */
void link_begin(struct recorder *recorder)
{
	if (recorder->starter)
		peer_warn(recorder, peer_start("the peer", recorder->starter, 0, peer_output, NULL,
					       &recorder->peer));
}

static void recorder_answered(void *context, struct exchange *exchange)
{
	struct recorder *recorder = context;

	recorder->has_answered = true;
	exchange->t4_ns = recorder_now(recorder);
	/* What was never asked, or comes from a clock that goes backwards, is no evidence. */
	if (exchange->t1_ns <= exchange->t4_ns && exchange->t2_ns <= exchange->t3_ns)
		recorder_check(recorder, record_write_exchange(recorder->out, exchange));
}

bool link_hear(struct recorder *recorder)
{
	bool goes_on = !peer_read(recorder->peer, recorder_answered, recorder);

	recorder->has_lost |= !goes_on;
	if (!goes_on || recorder->has_answered)
		recorder_say(recorder);
	return goes_on;
}

void link_end(struct recorder *recorder)
{
	if (recorder->peer)
		peer_end(recorder->peer, recorder_answered, recorder);
	recorder->peer = NULL;
	starter_free(recorder->starter);
	recorder->starter = NULL;
}

int64_t link_silent_ns(const struct recorder *recorder)
{
	const struct recorder_settings *settings = recorder->settings;

	if (!settings->answers || !settings->silence_ms)
		return INT64_MAX;
	return recorder->asked_ns + settings->silence_ms * 1000000;
}

static void recorder_answer(void *context, int64_t t1_ns)
{
	struct recorder *recorder = context;
	struct exchange exchange = {.t1_ns = t1_ns, .t2_ns = recorder_now(recorder)};

	recorder->asked_ns = time_now_ns();
	exchange.t3_ns = recorder_now(recorder);
	recorder_check(recorder, record_write_exchange(recorder->out, &exchange));
}

bool link_serve(struct recorder *recorder)
{
	int err = answer_read(&recorder->answer, STDIN_FILENO, recorder_answer, recorder);

	if (err && err != -EPIPE) {
		diag("invalid clock query on stdin: %s", strerror(-err));
		recorder->err = err;
	}
	return !err;
}
