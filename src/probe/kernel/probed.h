/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which files are probed, by which sites, and which of them nobody can run any more. */
#ifndef MIGTRACE_PROBE_KERNEL_PROBED_H
#define MIGTRACE_PROBE_KERNEL_PROBED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "migtrace_event.h"
#include "probe/host/daemons.h"
#include "probe/kernel/attach.h"

/* A file that is probed, or could not be. */
struct probed_file {
	struct inode inode;
	int fd;
	char path[DAEMON_PATH];
	uint32_t mntns;	 /* of who was seen to have it last */
	uint16_t number; /* of its build; 0: it has no probes */
	bool is_used;	 /* in the look that goes on */
	pid_t leaver;	 /* who detaches it; 0: it is attached */
	struct attachments attachments;
};

/* What files of the same bytes have in common. */
struct build {
	uint32_t first, count; /* sites; of none the number is free */
	size_t files;	       /* that are attached by them */
	struct armed armed[ARMED_MAX];
	size_t armed_count;
};

#define SITE_SELF_TEST 0 /* of no build */

/* All zero, but for the number of sites. */
struct probed {
	uint32_t sites;
	struct attachments self_test;
	struct probed_file *files;
	size_t count, room;
	struct build builds[MT_TARGETS_MAX]; /* by number - 1 */
};

/* Begins a look for files: none is in use that is not named from now on. */
void probed_look(struct probed *probed);

/* The file is in use. Returns the number of its build; 0 where it has no probes. */
uint16_t probed_use(struct probed *probed, const struct daemon_file *file);

/* Returns whether the file is there. One that is being detached is not, once that is done: it
 * waits. */
bool probed_knows(struct probed *probed, const struct daemon_file *file);

/* Adds a file. Returns it, valid until another is added; NULL: there is no room. */
struct probed_file *probed_add(struct probed *probed, const struct daemon_file *file);

/*
 * Returns the build of that number; of 0, a new one with so many sites, and its number. NULL: there
 * is no room. Its sites are free again when no file is attached by them.
 */
struct build *probed_build(struct probed *probed, uint16_t *number, size_t sites);

/* The file is attached by the sites of the build of that number. */
void probed_attached(struct probed *probed, struct probed_file *file, uint16_t number);

/* Notes which of the points of the build of that number are armed: of more than there is room for
 * none. */
void probed_arm(struct probed *probed, uint16_t number, const struct points *points);

/* Returns the file that the process runs, if it is attached; NULL: it is not. */
const struct probed_file *probed_of(const struct probed *probed, pid_t pid);

/* Forgets a file that has no probes; NULL is none. */
void probed_remove(struct probed *probed, struct probed_file *file);

/* Detaches, in a process of its own, what was not in use since probed_look(), and is not awaited.
 */
void probed_give_back(struct probed *probed);

/* Returns whether something is given back that cannot be used again yet. */
bool probed_is_pending(const struct probed *probed);

/*
 * Takes back the sites of a build of which no file is attached any more. All of its events must
 * have been consumed. Returns its number, 0 where there is none.
 */
uint16_t probed_spent(struct probed *probed);

/* As attachments_detach() and attachments_leave(), of all files, of which none is left. */
void probed_detach(struct probed *probed);
void probed_leave(struct probed *probed);

#endif
