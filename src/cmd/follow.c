/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recordings that may still be written: lines as they come, of several at once. */
#include "cmd/follow.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "record/read.h"
#include "sandbox/user_file.h"

struct input {
	const char *name;
	int fd;
	struct reader *reader;
	struct recording *recording;
	char buffer[2 * RECORD_LINE_MAX];
	size_t used, taken; /* bytes in the buffer, and of those already read as lines */
	bool is_regular;    /* a file, which may grow behind its end */
	bool is_at_end;
};

struct follow {
	size_t count;
	struct input input[];
};

static int input_open(struct input *input, const char *name)
{
	struct stat st;

	input->name = name;
	input->fd = strcmp(name, "-") ? user_file_open(name, 0) : dup(STDIN_FILENO);
	if (input->fd < 0 || fstat(input->fd, &st)) {
		fprintf(stderr, "migtrace: %s: %s\n", name, strerror(errno));
		return -errno;
	}
	input->is_regular = S_ISREG(st.st_mode);
	return 0;
}

struct follow *follow_open(char *const *names, size_t count)
{
	struct follow *follow = calloc(1, sizeof(*follow) + count * sizeof(struct input));

	for (size_t i = 0; follow && i < count; i++) {
		if (!input_open(&follow->input[i], names[i])) {
			follow->count++;
			continue;
		}
		follow_close(follow);
		return NULL;
	}
	return follow;
}

int follow_begin(struct follow *follow, struct correlator *correlator)
{
	for (size_t i = 0; i < follow->count; i++) {
		struct input *input = &follow->input[i];

		input->recording = correlator_add(correlator, input->name);
		input->reader = input->recording ? reader_open(input->recording) : NULL;
		if (!input->reader)
			return -ENOMEM;
	}
	return 0;
}

static char *line_end(const struct input *input)
{
	return memchr(input->buffer + input->taken, '\n', input->used - input->taken);
}

/* Whether reading does not wait: from a pipe it may, while others go on. */
static bool input_is_ready(const struct input *input, bool more_may_come)
{
	struct pollfd fd = {.fd = input->fd, .events = POLLIN};

	return !more_may_come || input->is_regular || poll(&fd, 1, 0) > 0;
}

/* Reads until a line is whole. Returns whether one is. */
static int input_fill(struct input *input, bool more_may_come)
{
	ssize_t got = 1;

	while (!line_end(input) && got > 0 && !input->is_at_end) {
		memmove(input->buffer, input->buffer + input->taken, input->used - input->taken);
		input->used -= input->taken;
		input->taken = 0;
		if (input->used >= RECORD_LINE_MAX - 1)
			return 1; /* too long: the reader says so */
		if (!input_is_ready(input, more_may_come))
			return 0;
		got = read(input->fd, input->buffer + input->used,
			   sizeof(input->buffer) - input->used);
		if (got > 0)
			input->used += (size_t)got;
		else if (got < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		else if (!got && !(more_may_come && input->is_regular))
			input->is_at_end = true;
	}
	return line_end(input) ? 1 : 0;
}

static int input_take(struct input *input)
{
	char *start = input->buffer + input->taken, *end = line_end(input);
	size_t len = end ? (size_t)(end - start) : RECORD_LINE_MAX;

	if (len >= RECORD_LINE_MAX - 1 || memchr(start, '\0', len))
		return reader_refuse(input->reader);
	input->taken += len + 1;
	return reader_line(input->reader, start, len);
}

/* Returns the input that is behind the others by its host's wall clock, and has a line. */
static int input_behind(struct follow *follow, bool more_may_come, struct input **behind)
{
	*behind = NULL;
	for (size_t i = 0; i < follow->count; i++) {
		struct input *input = &follow->input[i];
		int is_there = input_fill(input, more_may_come);

		if (is_there < 0) {
			fprintf(stderr, "migtrace: %s: %s\n", input->name, strerror(-is_there));
			return is_there;
		}
		if (is_there &&
		    (!*behind || reader_real_ns(input->reader) < reader_real_ns((*behind)->reader)))
			*behind = input;
	}
	return 0;
}

int follow_line(struct follow *follow, bool more_may_come, int64_t now_ns)
{
	struct input *input;
	int err = input_behind(follow, more_may_come, &input);

	if (err)
		return err;
	if (input) {
		input->recording->heard_ns = now_ns;
		err = input_take(input);
		return err ? err : 1;
	}
	for (size_t i = 0; !err && i < follow->count; i++) {
		input = &follow->input[i];
		if (!input->is_at_end || !input->reader)
			continue;
		err = reader_end(input->reader, input->used - input->taken);
		reader_close(input->reader);
		input->reader = NULL;
	}
	return err;
}

bool follow_has_ended(const struct follow *follow)
{
	for (size_t i = 0; i < follow->count; i++)
		if (!follow->input[i].is_at_end && !reader_has_ended(follow->input[i].reader))
			return false;
	return true;
}

void follow_close(struct follow *follow)
{
	if (!follow)
		return;
	for (size_t i = 0; i < follow->count; i++) {
		reader_close(follow->input[i].reader);
		close(follow->input[i].fd);
	}
	free(follow);
}
