/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asks the daemons of each job that may have ended, some at once. */
#ifndef MIGTRACE_LIBVIRT_ASKS_H
#define MIGTRACE_LIBVIRT_ASKS_H

#include <poll.h>
#include <stdint.h>

#include "libvirt/ask.h"
#include "libvirt/child.h"

#define ASKS_MAX 64 /* at once */

struct asks;

/* What a daemon has answered: it takes over the answer. */
typedef void asked_fn(void *arg, const struct ask *ask, struct json_object *answer);

/* talk begins who asks; it and asked get arg. Returns NULL: no memory. */
struct asks *asks_new(talk_fn *talk, asked_fn *asked, void *arg);

/* Asks of the job that the event may have ended, if it is such an event; or says why not, once. */
void asks_event(struct asks *asks, const struct mt_event *event);

/* Fills fds[ASKS_MAX] for poll(). */
void asks_poll(const struct asks *asks, struct pollfd *fds);

/* Reads of those that are ready. */
void asks_read(struct asks *asks, const struct pollfd *fds);

/* Waits for all answers, but not for long. */
void asks_finish(struct asks *asks);

void asks_free(struct asks *asks);

#endif
