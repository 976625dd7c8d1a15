/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file of recordings, a pipe or stdin that is read line by line, and may still be written. */
#include "cmd/input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/memory.h"
#include "base/text.h"
#include "cmd/stored.h"
#include "record/unpack.h"
#include "sandbox/user_file.h"

#define FILES_OTHER 64 /* that the process may need for other things */
#define ROOM_FIRST  8192
#define RECORDINGS  10000 /* in one file: one for each start of its recorder */
#define PATIENCE_MS 1000  /* for a pipe's writer, before it is said that one is waited for */

size_t inputs_most(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return 0;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	getrlimit(RLIMIT_NOFILE, &limit);
	return limit.rlim_cur > FILES_OTHER ? limit.rlim_cur - FILES_OTHER : 0;
}

static int complain(const struct input *input, int err)
{
	diag("%s: %s", input->shown, strerror(-err));
	return err;
}

int input_open(struct input *input, const char *name, const char *store, bool is_kept)
{
	struct stat st;

	*input = (struct input){.path = memory_needed(stored_path(name, store)), .fd = -1};
	input->shown = memory_needed(malloc(strlen(name) + 1));
	text_shown(input->shown, name);
	/* A pipe without a writer is waited for later, where that can be said. */
	input->fd = strcmp(name, "-") ? user_file_open(input->path, O_NONBLOCK) : dup(STDIN_FILENO);
	if (input->fd < 0 || fstat(input->fd, &st))
		return complain(input, -errno);
	input->is_regular = S_ISREG(st.st_mode);
	input->device = st.st_dev;
	input->inode = st.st_ino;
	if (input->is_regular)
		input->offset = lseek(input->fd, 0, SEEK_CUR);
	if (!is_kept && input->is_regular && strcmp(name, "-") != 0) {
		close(input->fd);
		input->fd = -1;
	}
	return 0;
}

int input_begin(struct input *input, struct correlator *correlator)
{
	input->correlator = correlator;
	input->recording = correlator_add(correlator, input->shown);
	input->reader = input->recording ? reader_open(input->recording) : NULL;
	return input->reader ? 0 : -ENOMEM;
}

static char *line_end(const struct input *input)
{
	size_t left = input->used - input->taken;

	return left ? memchr(input->buffer + input->taken, '\n', left) : NULL;
}

/* Says once that a pipe has no writer yet, or one that takes its time. */
static void wait_report(struct input *input)
{
	if (!input->is_waited_for)
		diag("%s: waiting for its first line", input->shown);
	input->is_waited_for = true;
}

static bool has_packed(const struct input *input)
{
	char *room;

	return input->unpack && !unpack_room(input->unpack, &room);
}

/* Returns whether reading does not wait. Where others go on meanwhile it is not
 * waited for, either. */
static bool input_is_ready(struct input *input, bool more_may_come)
{
	struct pollfd fd = {.fd = input->fd, .events = POLLIN};

	if (input->is_regular || has_packed(input))
		return true;
	if (more_may_come)
		return poll(&fd, 1, 0) > 0;
	if (!input->used && poll(&fd, 1, PATIENCE_MS) <= 0)
		wait_report(input);
	while (poll(&fd, 1, -1) < 0 && errno == EINTR)
		;
	return true;
}

/* Makes room behind what is in the buffer. A line that is too long is let go but for its end. */
static int room_make(struct input *input)
{
	size_t room = input->room ? input->room * 2 : ROOM_FIRST;
	char *buffer;

	if (input->taken)
		memmove(input->buffer, input->buffer + input->taken, input->used - input->taken);
	input->used -= input->taken;
	input->taken = 0;
	if (input->used >= RECORD_LINE_MAX) {
		input->is_too_long = true;
		input->used = 0;
	}
	if (input->used < input->room)
		return 0;
	buffer = realloc(input->buffer, room);
	if (!buffer)
		return -ENOMEM;
	input->buffer = buffer;
	input->room = room;
	return 0;
}

/* Opens the file again, if it is still the same. Returns a descriptor or -errno. */
static int file_reopen(const struct input *input)
{
	int fd = user_file_open(input->path, O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (!fstat(fd, &st) && st.st_dev == input->device && st.st_ino == input->inode)
		return fd;
	close(fd);
	return -ESTALE;
}

static ssize_t file_read(struct input *input, char *to, size_t size)
{
	int fd = input->fd < 0 ? file_reopen(input) : input->fd;
	ssize_t got = fd < 0 ? fd : pread(fd, to, size, input->offset);
	int err = errno;

	if (fd >= 0 && input->fd < 0)
		close(fd);
	errno = fd < 0 ? -fd : err;
	if (got > 0)
		input->offset += got;
	return got < 0 ? -1 : got;
}

static ssize_t bytes_read(struct input *input, char *to, size_t size)
{
	return input->is_regular ? file_read(input, to, size) : read(input->fd, to, size);
}

/* What was read of a file so far is seen to be packed. */
static int packed_begin(struct input *input)
{
	char *room;

	input->unpack = unpack_new(input->buffer[0]);
	if (!input->unpack || unpack_room(input->unpack, &room) < input->used)
		return -ENOMEM;
	memcpy(room, input->buffer, input->used);
	unpack_given(input->unpack, input->used);
	input->used = 0;
	return 1;
}

/* As input_read(). What is damaged or cut short is read as far as it goes. */
static int packed_read(struct input *input, bool more_may_come)
{
	char *room;
	size_t size = unpack_room(input->unpack, &room);
	ssize_t got = size ? bytes_read(input, room, size) : 1;
	int bytes;

	if (got < 0)
		return errno == EAGAIN || errno == EINTR ? 1 : -errno;
	if (!got && more_may_come && input->is_regular)
		return 0;
	if (size)
		unpack_given(input->unpack, (size_t)got);
	bytes = unpack_bytes(input->unpack, input->buffer + input->used, input->room - input->used);
	if (bytes < 0)
		diag("%s: is packed, and damaged or cut short: read as far as it goes",
		     input->shown);
	else
		input->used += (size_t)bytes;
	input->is_at_end = bytes < 0 || (!got && !bytes);
	return !input->is_at_end;
}

/* Reads what is there. Returns 1 if that may be more, 0 if no more is there now, or -errno. */
static int input_read(struct input *input, bool more_may_come)
{
	char *to = input->buffer + input->used;
	ssize_t got;

	if (input->unpack)
		return packed_read(input, more_may_come);
	got = bytes_read(input, to, input->room - input->used);
	if (got < 0)
		return errno == EAGAIN || errno == EINTR ? 1 : -errno;
	input->used += (size_t)got;
	if (got && to == input->buffer && !input->has_begun && unpack_is_packed(*to))
		return packed_begin(input);
	input->has_begun = input->has_begun || got;
	if (!got && !(more_may_come && input->is_regular))
		input->is_at_end = true;
	return got > 0;
}

int input_fill(struct input *input, bool more_may_come)
{
	int more = 1;

	while (!line_end(input) && more > 0) {
		if (input->is_at_end || !input_is_ready(input, more_may_come))
			return 0;
		more = room_make(input);
		if (!more)
			more = input_read(input, more_may_come);
	}
	if (more < 0)
		return complain(input, more);
	return line_end(input) != NULL;
}

/* Of a recorder that was started again with the same file, or of files that were put together. */
static int next_begin(struct input *input)
{
	int64_t heard_ns = input->recording->heard_ns;

	if (++input->recordings > RECORDINGS) {
		diag("%s: more than %d recordings in one file", input->shown, RECORDINGS);
		return -EPROTO;
	}
	input->recording = correlator_add(input->correlator, input->shown);
	input->reader = reader_next(input->reader, input->recording);
	if (!input->reader)
		return -ENOMEM;
	input->recording->heard_ns = heard_ns;
	return 0;
}

static int line_take(struct input *input, const char *text, size_t len)
{
	int err = reader_line(input->reader, text, len);

	if (err == READER_OTHER)
		err = next_begin(input) ?: reader_line(input->reader, text, len);
	return err;
}

int input_take(struct input *input)
{
	char *start = input->buffer + input->taken, *end = line_end(input);
	bool is_too_long = input->is_too_long;

	input->is_too_long = false;
	input->taken += (size_t)(end - start) + 1;
	if (is_too_long || end - start >= RECORD_LINE_MAX - 1)
		return reader_refuse(input->reader);
	return line_take(input, start, (size_t)(end - start));
}

int input_end(struct input *input)
{
	size_t left = input->is_too_long ? RECORD_LINE_MAX : input->used - input->taken;
	int err = reader_end(input->reader, left);

	input_close(input);
	return err;
}

bool input_has_ended(const struct input *input)
{
	return !input->reader || reader_has_ended(input->reader);
}

void input_close(struct input *input)
{
	reader_close(input->reader);
	input->reader = NULL;
	unpack_free(input->unpack);
	input->unpack = NULL;
	free(input->buffer);
	input->buffer = NULL;
	if (input->fd >= 0)
		close(input->fd);
	input->fd = -1;
}

void input_free(struct input *input)
{
	input_close(input);
	free(input->shown);
	free(input->path);
}
