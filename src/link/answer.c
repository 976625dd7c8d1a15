/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The peer's side of an exchange of stamps: who records there asks on our standard input. */
#include "link/answer.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* Who gets the questions. */
struct asked {
	answer_fn *fn;
	void *arg;
};

void answer_begin(struct answer *answer)
{
	answer->line = (struct line){.bytes = answer->bytes, .room = sizeof(answer->bytes)};
}

static int question_take(void *arg, const char *text, size_t length)
{
	const struct asked *asked = arg;
	long long t1_ns;
	char *end;

	(void)length;
	errno = 0;
	t1_ns = strtoll(text, &end, 10);
	if (errno || end == text || *end || t1_ns < 0)
		return -EPROTO;
	asked->fn(asked->arg, t1_ns);
	return 0;
}

int answer_read(struct answer *answer, int fd, answer_fn *fn, void *arg)
{
	struct asked asked = {fn, arg};
	char bytes[256];
	ssize_t size = read(fd, bytes, sizeof(bytes));

	if (size <= 0)
		return size ? -errno : -EPIPE;
	return lines_take(&answer->line, bytes, (size_t)size, question_take, &asked);
}
