/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs the recorders of other hosts for a process that may run nothing: see sandbox/confine.h. */
#ifndef MIGTRACE_LINK_STARTER_H
#define MIGTRACE_LINK_STARTER_H

#include <stdbool.h>
#include <stddef.h>

#define STARTS_MAX 64 /* of one starter: a rack's hosts, and some */

/* What may be started: it is settled before anything is read that others wrote. */
struct start {
	const char *command; /* for the shell */
	const char
		*path; /* where its records go, with .2 and so on from the second time; or NULL */
	bool is_heard; /* its standard error is ours to read, not our standard error */
};

/* One that runs. */
struct started {
	int in, out, said; /* its standard input, output and error; -1: our own standard error */
	int file;	   /* for its records; -1: none, */
	int file_err;	   /* or -errno of what cannot be opened: it was started all the same */
};

enum stop { STOP_WAIT, STOP_TERM, STOP_KILL };

struct starter;

/*
 * Begins a process that starts any of these, which stay the caller's, with the rights and the
 * environment of the user. Returns NULL with errno; starter_free() frees.
 */
struct starter *starter_new(const struct start *starts, size_t count);

/* Starts the index-th, which does not run. Returns 0 or -errno. */
int starter_start(struct starter *starter, size_t index, struct started *started);

/* Waits until it has ended, by itself or by a signal to its whole process group. */
void starter_stop(struct starter *starter, size_t index, enum stop stop);

/* What was started runs on, with its ends of the pipes; NULL is none. */
void starter_free(struct starter *starter);

#endif
