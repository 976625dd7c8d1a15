/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asks a daemon of a job in a process of its own, which has no privileges and may take its time. */
#ifndef MIGTRACE_LIBVIRT_ASK_H
#define MIGTRACE_LIBVIRT_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "migtrace_event.h"

struct json_object;

#define ASK_ANSWER_MAX 12288

struct ask {
	bool is_asking; /* there is a process that does */
	int fd;		/* readable when there is something to read */
	pid_t daemon;
	int64_t end_ns; /* as in struct job_stats */
	uint8_t uuid[MT_UUID];
	char answer[ASK_ANSWER_MAX];
	size_t len;
};

/*
 * Begins a process that asks the daemon with that pid, by its own socket, or by the URI if that is
 * not NULL, of the domain. Returns what its answer is read from, or -errno.
 */
int ask_open(pid_t daemon, const char *uri, const uint8_t uuid[MT_UUID]);

/* Takes what ask_open() has returned. */
void ask_start(struct ask *ask, int fd);

/*
 * Reads what there is. Returns NULL while more is to come, else the answer as job_ask() gives it,
 * and nobody asks any more.
 */
struct json_object *ask_read(struct ask *ask);

/* Waits for the answer, but not for long. Returns it, or an object with the error. */
struct json_object *ask_finish(struct ask *ask);

/* Asks the libvirt at the URI of the domain, and of its host, and waits. Returns the same. */
struct json_object *ask_now(const char *uri, const char *domain);

#endif
