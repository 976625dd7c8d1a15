/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The libvirt daemons that run here: which processes they are, and which files they map. */
#ifndef MIGTRACE_PROBE_DAEMONS_H
#define MIGTRACE_PROBE_DAEMONS_H

#include <stdint.h>
#include <stddef.h>
#include <sys/types.h>

#include "migtrace_event.h"
#include "probe/catalogue.h"

#define DAEMONS_MAX	 512
#define DAEMON_FILE_PATH 32

/* Which host's daemons are meant; id is a pid or the inode number of a namespace. */
struct host_filter {
	enum mt_filter kind;
	uint32_t id;
};

/*
 * One file to probe, open: its daemon may end at any time. It was opened through
 * /proc/PID/map_files, so that containers and replaced files are covered.
 */
struct daemon_file {
	int fd;
	dev_t dev;
	ino_t ino;
	enum probe_file file;
};

struct daemons {
	pid_t pids[DAEMONS_MAX];
	size_t pid_count;
	struct daemon_file files[DAEMONS_MAX]; /* each inode once */
	size_t file_count;
};

/*
 * Finds the processes within the filter that map libvirt's QEMU driver. Returns 0, -ESRCH where
 * there is no process like the filter says, -ENOENT where there is but no daemon, -E2BIG where
 * there are more than DAEMONS_MAX. daemons_close() in every case.
 */
int daemons_find(const struct host_filter *filter, struct daemons *daemons);

/* Returns a path to the open file, for the kernel as for us, written to path. */
const char *daemon_file_path(const struct daemon_file *file, char path[DAEMON_FILE_PATH]);

/* Closes the files; probes on them stay. */
void daemons_close(struct daemons *daemons);

#endif
