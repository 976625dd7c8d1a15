/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The libvirt daemons that run here: which processes they are, and which files are to be probed. */
#ifndef MIGTRACE_PROBE_HOST_DAEMONS_H
#define MIGTRACE_PROBE_HOST_DAEMONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>
#include <sys/types.h>

#include "migtrace_event.h"
#include "probe/catalogue.h"
#include "probe/host/inode.h"

#define DAEMONS_MAX	 4096 /* of their processes, and of their files */
#define DAEMON_FILE_PATH 32
#define DAEMON_FILE_NAME 64
#define DAEMON_ROOT	 32
#define DAEMON_PATH	 256

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
	struct inode inode;
	enum probe_file file;
	bool is_guess;	/* it may be no QEMU: not its name says so, but the command line of who runs
			   it */
	int library_fd; /* of a driver: the libvirt.so.0 of the same daemon; else -1 */
	char name[DAEMON_FILE_NAME]; /* without its directory, printable: it tells the version */
	char root[DAEMON_ROOT];	     /* of who runs it: "/proc/PID/root", or "/" */
	char path[DAEMON_PATH];	     /* as seen from that root; "" if it is too long */
	uint32_t mntns;		     /* of who runs it: inode number; 0: not known */
};

struct daemons {
	pid_t pids[DAEMONS_MAX];
	size_t pid_count;
	struct daemon_file files[DAEMONS_MAX]; /* each inode once */
	size_t file_count;
	uint32_t netns;	 /* of the first daemon: libvirt's guests share it */
	int refused;	 /* -errno: a daemon's driver or library cannot be opened; 0: all can */
	pid_t asked;	 /* the only process that is meant; 0: any */
	bool may_see;	 /* we have the rights to look at any process */
	bool has_unseen; /* there are processes, or QEMUs, that we may not look at */
	bool is_full;	 /* there are more than DAEMONS_MAX */
};

/*
 * Finds the processes within the filter that map libvirt's QEMU driver, their files, and those of
 * the QEMUs that they have started or may start. Of a whole machine also the files that the next
 * one will run, as they are installed. Returns NULL with errno
 * where there are none within another filter: ESRCH if the filter fits no process at all, ENOENT if
 * no daemon, EXDEV if /proc is another PID namespace's than ours, EACCES if there may be one among
 * those which we may not look at. daemons_free() frees, and probes on the files stay.
 */
struct daemons *daemons_new(const struct host_filter *filter);

/* Says on stderr, in one line, what the error of daemons_new() means. */
void daemons_warn_error(int err, const struct host_filter *filter);

/* Says on stderr what could not be looked at; nothing where all was. */
void daemons_warn(const struct daemons *daemons, const struct host_filter *filter);

/*
 * Takes the files themselves, which no daemon need run; their names tell what they are. Returns
 * NULL with errno, EINVAL for a name that does not; daemons_free() frees.
 */
struct daemons *daemons_of_files(char *const *paths, size_t count);

/* Closes the files, which are not needed any more; all else stays. */
void daemons_close(struct daemons *daemons);

void daemons_free(struct daemons *daemons);

/* Returns a path to the open file, for the kernel as for us, written to path. */
const char *fd_path(int fd, char path[DAEMON_FILE_PATH]);

#endif
