/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files that are probed: each is opened once, and known by its inode. */
#ifndef MIGTRACE_PROBE_HOST_DAEMON_FILES_H
#define MIGTRACE_PROBE_HOST_DAEMON_FILES_H

#include <limits.h>

#include "probe/host/daemons.h"

/* A file that a process has mapped, or may run. */
struct found {
	enum probe_file file;
	bool is_guess;
	pid_t pid;	     /* 0: it was named, and is in our own root */
	char open[PATH_MAX]; /* /proc/PID/map_files/RANGE: there also when the file was deleted */
	char path[PATH_MAX]; /* as seen from the process's root */
};

/* Returns whether a file of that path is of that kind. */
bool file_is_named(const char *path, enum probe_file file);

/*
 * Opens the file and adds it, unless its inode is there already. That it cannot be opened, or that
 * there is no room, is noted.
 */
void file_add(struct daemons *daemons, const struct found *found);

#endif
