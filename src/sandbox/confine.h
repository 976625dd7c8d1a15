/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Confines a process that reads what others wrote: whoever takes it over can do little with it. */
#ifndef MIGTRACE_SANDBOX_CONFINE_H
#define MIGTRACE_SANDBOX_CONFINE_H

/* What the process has yet to do. */
enum confinement {
	CONFINE_READER,	  /* opens files to read them, and writes to what is open */
	CONFINE_RESOLVER, /* opens them in another root, too */
	CONFINE_RECORDER, /* waits, and is passed what its prober opens */
	CONFINE_CLIENT,	  /* talks to a daemon, too */
	CONFINE_KEEPER,	  /* writes files of a store, and tells the journal */
	CONFINE_CALLER,	  /* runs programs of the user's choice to reach it, which no filter fits */
};

/*
 * Leaves the process without any capability, also for programs that it may run, and, by a seccomp
 * filter, without any system call that the rest of its work does not take: those fail with EPERM.
 * What cannot be confined does not go on: it exits with status 1, and a line on stderr.
 */
void confine(enum confinement confinement);

/* The same of one that is root's, and becomes nobody's by it. */
void confine_as_nobody(enum confinement confinement);

#endif
