/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recordings that may still be written: lines as they come, of several at once. */
#include "cmd/follow.h"

#include <errno.h>
#include <stdlib.h>

#include "base/memory.h"
#include "cmd/input.h"

/*
 * Each input is in one of three places: among those that have a line, as a heap by their hosts'
 * wall clocks; among those that wait for one; or it has ended.
 */
struct follow {
	size_t count, ready_count, waiting_count;
	size_t lines; /* taken since those that wait were last looked at */
	struct input **ready, **waiting;
	struct input inputs[];
};

static struct follow *follow_new(size_t count)
{
	struct follow *follow =
		memory_needed(calloc(1, sizeof(*follow) + count * sizeof(struct input)));

	follow->ready = memory_needed(calloc(count + 1, sizeof(struct input *)));
	follow->waiting = memory_needed(calloc(count + 1, sizeof(struct input *)));
	return follow;
}

struct follow *follow_open(char *const *names, size_t count, const char *store)
{
	struct follow *follow = follow_new(count);
	size_t most = inputs_most();

	for (size_t i = 0; i < count; i++) {
		follow->count++;
		if (!input_open(&follow->inputs[i], names[i], store, i < most)) {
			follow->waiting[follow->waiting_count++] = &follow->inputs[i];
			continue;
		}
		follow_close(follow);
		return NULL;
	}
	return follow;
}

int follow_begin(struct follow *follow, struct correlator *correlator)
{
	int err = 0;

	for (size_t i = 0; !err && i < follow->count; i++)
		err = input_begin(&follow->inputs[i], correlator);
	return err;
}

static bool is_behind(const struct input *a, const struct input *b)
{
	int64_t a_ns = reader_real_ns(a->reader), b_ns = reader_real_ns(b->reader);

	return a_ns != b_ns ? a_ns < b_ns : a < b;
}

/* Moves the input from that place of the heap up to where those above are behind it. */
static void ready_up(struct follow *follow, size_t at)
{
	struct input **ready = follow->ready, *input = ready[at];

	for (; at && is_behind(input, ready[(at - 1) / 2]); at = (at - 1) / 2)
		ready[at] = ready[(at - 1) / 2];
	ready[at] = input;
}

/* Moves the first input down to where those below are not behind it. */
static void ready_down(struct follow *follow)
{
	struct input **ready = follow->ready, *input = ready[0];
	size_t at = 0, next;

	while ((next = 2 * at + 1) < follow->ready_count) {
		if (next + 1 < follow->ready_count && is_behind(ready[next + 1], ready[next]))
			next++;
		if (!is_behind(ready[next], input))
			break;
		ready[at] = ready[next];
		at = next;
	}
	ready[at] = input;
}

/* Puts the input, which is in no place now, where what input_fill() returned has it. */
static int input_put(struct follow *follow, struct input *input, int is_there)
{
	if (is_there < 0)
		return is_there;
	if (input->is_at_end && !is_there)
		return input_end(input);
	if (is_there) {
		follow->ready[follow->ready_count] = input;
		ready_up(follow, follow->ready_count++);
	} else {
		follow->waiting[follow->waiting_count++] = input;
	}
	return 0;
}

/* Looks for lines of those that wait for one. */
static int waiting_look(struct follow *follow, bool more_may_come)
{
	size_t count = follow->waiting_count;
	int err = 0;

	follow->waiting_count = 0;
	follow->lines = 0;
	/* What is put back is put at or before the place that is looked at. */
	for (size_t i = 0; i < count && !err; i++)
		err = input_put(follow, follow->waiting[i],
				input_fill(follow->waiting[i], more_may_come));
	return err;
}

static int first_take(struct follow *follow, bool more_may_come, int64_t now_ns)
{
	struct input *input = follow->ready[0];
	int err, is_there;

	input->recording->heard_ns = now_ns;
	err = input_take(input);
	if (err)
		return err;
	follow->lines++;
	is_there = input_fill(input, more_may_come);
	if (is_there <= 0)
		follow->ready[0] = follow->ready[--follow->ready_count];
	if (follow->ready_count)
		ready_down(follow);
	return is_there > 0 ? 0 : input_put(follow, input, is_there);
}

int follow_line(struct follow *follow, bool more_may_come, int64_t now_ns)
{
	int err = 0;

	/* Not for each line: of very many that would take long. */
	if (!follow->ready_count || follow->lines >= follow->waiting_count)
		err = waiting_look(follow, more_may_come);
	if (err || !follow->ready_count)
		return err;
	err = first_take(follow, more_may_come, now_ns);
	return err ? err : 1;
}

int follow_all(struct follow *follow, struct correlator *correlator)
{
	int more = follow_begin(follow, correlator) ?: 1;

	while (more > 0) {
		more = follow_line(follow, false, 0);
		if (more > 0 && correlator_shed(correlator))
			more = -ENOMEM;
	}
	return more;
}

bool follow_has_ended(const struct follow *follow)
{
	for (size_t i = 0; i < follow->count; i++)
		if (!input_has_ended(&follow->inputs[i]))
			return false;
	return true;
}

void follow_close(struct follow *follow)
{
	if (!follow)
		return;
	for (size_t i = 0; i < follow->count; i++)
		input_free(&follow->inputs[i]);
	free(follow->ready);
	free(follow->waiting);
	free(follow);
}
