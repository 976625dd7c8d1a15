/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A process of its own to talk to a daemon in, without privileges. */
#ifndef MIGTRACE_LIBVIRT_CHILD_H
#define MIGTRACE_LIBVIRT_CHILD_H

#include <sys/types.h>

#define CHILD_URI      128
#define CHILD_ANSWER_S 10

struct json_object;

/*
 * In a child that has just been forked: only stderr and out, as stdout, stay open, and it is
 * confined to talking; it dies of SIGALRM after CHILD_ANSWER_S. Returns the URI to ask, which is
 * uri, or for NULL one that leads to the daemon's own socket, written to own: to that as who we
 * were, while the process is nobody's from now on. Returns NULL where there is no such socket, with
 * the reason in own.
 */
const char *child_begin(pid_t daemon, const char *uri, int out, char own[CHILD_URI]);

/*
 * Parses a line that a child wrote. What a daemon made of the child is hostile: returns NULL for
 * what is no object.
 */
struct json_object *child_line(const char *line, size_t len);

#endif
