/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A process of its own to talk to a daemon in, without privileges. */
#ifndef MIGTRACE_LIBVIRT_CHILD_H
#define MIGTRACE_LIBVIRT_CHILD_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define CHILD_URI      128
#define CHILD_ANSWER_S 10

struct json_object;

/*
 * Begins a process that talks to the daemon: that asks of the domain, or listens if uuid is NULL.
 * Returns what ask_open() and listener_open() do.
 */
typedef int talk_fn(void *arg, pid_t daemon, const uint8_t *uuid);

/* What such a process does: it prints what uri says, or why there is none if that is NULL. */
typedef void child_fn(const char *uri, const char *why, const void *arg);

/*
 * Begins a process that is confined to talking and runs the function. It asks the URI, or for NULL
 * the daemon's own socket, with the file rights of its user, while it is nobody itself. It dies of
 * SIGALRM after CHILD_ANSWER_S, and when nobody reads what it prints. Returns what that is read
 * from, which is the caller's; or -errno. Children are not waited for from then on.
 */
int child_open(pid_t daemon, const char *uri, child_fn *run, const void *arg);

/*
 * Parses a line that a child wrote. What a daemon made of the child is hostile: returns NULL for
 * what is no object.
 */
struct json_object *child_line(const char *line, size_t len);

#endif
