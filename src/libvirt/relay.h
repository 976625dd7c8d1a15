/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Passes on what a daemon and a client say: the daemon knows us, and the client can be nobody. */
#ifndef MIGTRACE_LIBVIRT_RELAY_H
#define MIGTRACE_LIBVIRT_RELAY_H

#include <sys/types.h>

#define RELAY_NAME 32

/*
 * Listens by a socket that has no place among files. Returns it, and its name as libvirt's URIs
 * have it; or -errno.
 */
int relay_listen(char name[RELAY_NAME]);

/* Takes the client, which is that process alone, and passes on until either side ends. */
_Noreturn void relay_run(int daemon, int listener, pid_t client);

#endif
