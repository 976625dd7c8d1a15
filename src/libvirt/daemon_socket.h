/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The socket by which a daemon itself can be reached: the one that it listens on. */
#ifndef MIGTRACE_LIBVIRT_DAEMON_SOCKET_H
#define MIGTRACE_LIBVIRT_DAEMON_SOCKET_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Connects to the daemon's own socket, as the user that it runs as: its read-only one, if it has
 * one. It is looked for in the daemon's root, which may be a container's, and no link is followed,
 * which could lead to another daemon. *is_session: it is a user's, not the system's. Returns the
 * connection, which is the caller's; or -errno, -ELOOP for a link.
 */
int daemon_socket_connect(pid_t daemon, bool *is_session);

/* Connects to the very socket that was found, a handle or -errno, and closes that. Returns the
 * connection, which is the caller's; or -errno. */
int socket_connect(int found);

#endif
