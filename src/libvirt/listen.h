/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Listens to a daemon's JOB_COMPLETED events in a process of its own, without privileges. */
#ifndef MIGTRACE_LIBVIRT_LISTEN_H
#define MIGTRACE_LIBVIRT_LISTEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/lines.h"
#include "migtrace_event.h"

struct json_object;

#define LISTEN_LINE 12288

struct listener {
	pid_t daemon;
	bool is_listening; /* there is a process that does */
	int fd;		   /* readable when there is something to read */
	struct line line;
	char bytes[LISTEN_LINE];
};

/* A job of the domain has completed, at that instant of CLOCK_MONOTONIC as far as is known. */
struct heard {
	pid_t daemon;
	int64_t ns;
	uint8_t uuid[MT_UUID];
};

/* Takes what job_ask() returns of it; answer is the function's. */
typedef void heard_fn(void *arg, const struct heard *heard, struct json_object *answer);

enum listened {
	LISTENED_ON,
	LISTENED_BEGUN, /* the daemon has taken us */
	LISTENED_LOST,	/* nobody listens any more; why was written */
};

/*
 * Begins a process that listens to the daemon, by its own socket or by the URI. Returns what it is
 * heard by, or -errno.
 */
int listener_open(pid_t daemon, const char *uri);

/* Takes what listener_open() has returned. Returns 0; or -errno, and it is closed. */
int listener_start(struct listener *listener, int fd);

/* Reads what there is, and does not wait. */
enum listened listener_read(struct listener *listener, heard_fn *fn, void *arg, char *why,
			    size_t size);

void listener_stop(struct listener *listener);

#endif
