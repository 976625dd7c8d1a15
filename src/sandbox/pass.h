/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages of a fixed size, and file descriptors, between our own processes. */
#ifndef MIGTRACE_SANDBOX_PASS_H
#define MIGTRACE_SANDBOX_PASS_H

#include <stddef.h>

#define PASS_FDS_MAX 4

/* Makes two ends of which a message that is sent on one is received whole on the other. Returns 0
 * or -errno. */
int pass_open(int ends[2]);

/*
 * Sends the message, and with it the first count of fds, which stay ours; those that are negative
 * arrive as -1. Returns 0 or -errno.
 */
int pass_send(int end, const void *message, size_t size, const int *fds, size_t count);

/*
 * Waits for a message of just that size, and takes its fds; of which there are as many as were
 * sent, or count of -1. Returns 0; -EPIPE where the other end is closed; -EPROTO where it is
 * another message; or -errno.
 */
int pass_receive(int end, void *message, size_t size, int *fds, size_t count);

#endif
