/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which file it is that a probe lands in: containers of one image see one inode by many devices. */
#ifndef MIGTRACE_PROBE_HOST_INODE_H
#define MIGTRACE_PROBE_HOST_INODE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

/* What tells files apart. */
struct inode {
	struct stat st;
	bool is_overlay;
	uint64_t physical; /* where its first bytes are on their disk; 0: not known */
};

/* Looks at the open file. Returns whether it is a regular one. */
bool inode_get(int fd, struct inode *inode);

/*
 * Returns whether both are one inode to the kernel's probes. An overlay has a device number of its
 * own, and the inode numbers of what is below it; that is taken for one file where all that the
 * lower file says of itself is the same, to the nanosecond and the disk's block.
 */
bool inode_is_same(const struct inode *one, const struct inode *other);

#endif
