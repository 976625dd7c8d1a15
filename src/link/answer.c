/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The peer's side of an exchange of stamps: who records there asks on our standard input. */
#include "link/answer.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static int line_take(struct answer *answer, answer_fn *asked, void *arg)
{
	char *end;
	long long t1_ns;

	answer->line[answer->length] = '\0';
	answer->length = 0;
	errno = 0;
	t1_ns = strtoll(answer->line, &end, 10);
	if (errno || end == answer->line || *end || t1_ns < 0)
		return -EPROTO;
	asked(arg, t1_ns);
	return 0;
}

int answer_read(struct answer *answer, int fd, answer_fn *asked, void *arg)
{
	char bytes[256];
	ssize_t size = read(fd, bytes, sizeof(bytes));
	int err = 0;

	if (size <= 0)
		return size ? -errno : -EPIPE;
	for (ssize_t i = 0; i < size && !err; i++) {
		if (bytes[i] == '\n')
			err = line_take(answer, asked, arg);
		else if (answer->length == ANSWER_LINE - 1)
			err = -EPROTO;
		else
			answer->line[answer->length++] = bytes[i];
	}
	return err;
}
