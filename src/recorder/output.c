/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A recording's file whose disk may be full for a while: then what comes is held in memory. */
#include "recorder/output.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/time.h"
#include "record/read.h"

#define HELD_MAX (1u << 20)
#define RETRY_NS INT64_C(1000000000)

struct patient_output {
	const char *path;
	int fd;
	char *held; /* what there was no room for: HELD_MAX bytes */
	size_t held_size;
	uint64_t lost, lost_said;
	int64_t due_ns;
};

static bool is_full(int err)
{
	return err == ENOSPC || err == EDQUOT;
}

/* Returns how many of the bytes are in the file, or -1 with errno: not because it is full. */
static ssize_t bytes_write(int fd, const char *bytes, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t wrote = write(fd, bytes + done, size - done);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote < 0)
			return is_full(errno) ? (ssize_t)done : -1;
		done += (size_t)wrote;
	}
	return (ssize_t)done;
}

/* The file has the beginning of a line whose rest is held: in the end lines are whole. */
static void bytes_hold(struct patient_output *output, const char *bytes, size_t size)
{
	if (!output->held) {
		if (output->lost == output->lost_said)
			diag("%s: no room on its disk: waiting for it", output->path);
		output->held = malloc(HELD_MAX);
		output->due_ns = time_now_ns() + RETRY_NS;
	}
	if (!output->held || output->held_size + size > HELD_MAX) {
		output->lost++;
		return;
	}
	memcpy(output->held + output->held_size, bytes, size);
	output->held_size += size;
}

/* Each record comes in one piece. */
static ssize_t output_write(void *cookie, const char *bytes, size_t size)
{
	struct patient_output *output = cookie;
	ssize_t wrote = output->held ? 0 : bytes_write(output->fd, bytes, size);

	if (wrote < 0)
		return 0; /* as fopencookie(3) has it */
	if ((size_t)wrote < size)
		bytes_hold(output, bytes + wrote, size - (size_t)wrote);
	return (ssize_t)size;
}

/* Returns 0 when nothing is held any more, or -errno. */
static int held_write(struct patient_output *output)
{
	ssize_t wrote = bytes_write(output->fd, output->held, output->held_size);

	if (wrote < 0)
		return -errno;
	output->held_size -= (size_t)wrote;
	memmove(output->held, output->held + wrote, output->held_size);
	if (output->held_size)
		return -ENOSPC;
	free(output->held);
	output->held = NULL;
	return 0;
}

int64_t output_due_ns(const struct patient_output *output)
{
	return output && output->held ? output->due_ns : INT64_MAX;
}

bool output_tend(struct patient_output *output, int64_t now_ns)
{
	uint64_t lost;

	if (now_ns < output_due_ns(output))
		return false;
	output->due_ns = now_ns + RETRY_NS;
	if (held_write(output))
		return false;
	lost = output->lost - output->lost_said;
	output->lost_said = output->lost;
	diag("%s: there is room again; %" PRIu64 " records were lost", output->path, lost);
	return lost;
}

uint64_t output_lost(const struct patient_output *output)
{
	return output ? output->lost : 0;
}

static int output_close(void *cookie)
{
	struct patient_output *output = cookie;
	int err = output->held ? held_write(output) : 0;

	if (close(output->fd) && !err)
		err = -errno;
	free(output->held);
	free(output);
	errno = -err;
	return err ? -1 : 0;
}

FILE *output_new(int fd, const char *path, struct patient_output **output)
{
	struct patient_output *made = calloc(1, sizeof(*made));
	FILE *stream = NULL;

	if (made) {
		*made = (struct patient_output){.path = path, .fd = fd};
		stream = fopencookie(
			made, "w",
			(cookie_io_functions_t){.write = output_write, .close = output_close});
	}
	if (stream && !setvbuf(stream, NULL, _IOFBF, RECORD_LINE_MAX)) {
		*output = made;
		return stream;
	}
	if (stream) {
		fclose(stream);
		return NULL;
	}
	close(fd);
	free(made);
	return NULL;
}
