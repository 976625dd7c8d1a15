/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Listens to all daemons of a host, and again to those that it has lost. */
#ifndef MIGTRACE_LIBVIRT_LISTENERS_H
#define MIGTRACE_LIBVIRT_LISTENERS_H

#include <poll.h>
#include <stdint.h>

#include "libvirt/child.h"
#include "libvirt/listen.h"

#define LISTENERS_MAX 128

struct listeners;

/* talk begins who listens; it and heard get arg. Returns NULL: no memory. */
struct listeners *listeners_new(talk_fn *talk, heard_fn *heard, void *arg);

/* Listens to the daemon with that pid, too, if it is new. */
void listeners_add(struct listeners *listeners, pid_t daemon, int64_t now_ns);

/* Fills fds[LISTENERS_MAX] for poll(). */
void listeners_poll(const struct listeners *listeners, struct pollfd *fds);

/* Reads of those that are ready, and of all if fds is NULL; does not wait. */
void listeners_read(struct listeners *listeners, const struct pollfd *fds, int64_t now_ns);

/* Returns when one that was lost is to be tried again; INT64_MAX: never. CLOCK_MONOTONIC. */
int64_t listeners_due_ns(const struct listeners *listeners);

void listeners_tend(struct listeners *listeners, int64_t now_ns);

void listeners_free(struct listeners *listeners);

#endif
