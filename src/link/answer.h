/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The peer's side of an exchange of stamps: who records there asks on our standard input. */
#ifndef MIGTRACE_LINK_ANSWER_H
#define MIGTRACE_LINK_ANSWER_H

#include <stddef.h>
#include <stdint.h>

#include "base/lines.h"

#define ANSWER_LINE 32

/* A line that is being read; answer_begin() makes it empty. */
struct answer {
	char bytes[ANSWER_LINE];
	struct line line;
};

void answer_begin(struct answer *answer);

/* Called for each question: when it was sent, by the asker's clock. */
typedef void answer_fn(void *arg, int64_t t1_ns);

/*
 * Reads what can be read of the file descriptor without waiting. Returns 0; -EPIPE where nobody is
 * there any more who could ask; -EPROTO for what is no question; or what read(2) says.
 */
int answer_read(struct answer *answer, int fd, answer_fn *asked, void *arg);

#endif
