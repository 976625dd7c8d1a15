/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a file that no process has mapped may be run again: of whom it was may live on. */
#ifndef MIGTRACE_PROBE_HOST_AWAITED_H
#define MIGTRACE_PROBE_HOST_AWAITED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct awaited {
	int fd;		  /* of the file */
	const char *path; /* as seen from the root of who had mapped it */
	uint32_t mntns;	  /* in which that was: inode number; 0: not known */
	bool is_awaited;  /* the answer */
};

/*
 * Fills in the answers: a file that was not deleted is awaited as long as a process is in that
 * mount namespace, and for ever if it is what our own root has at that path. Where it cannot be
 * seen who lives all are awaited.
 */
void awaited_look(struct awaited *files, size_t count);

#endif
