/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attaches one BPF program to many points of a file at once, and detaches it fast. */
#ifndef MIGTRACE_PROBE_KERNEL_ATTACH_H
#define MIGTRACE_PROBE_KERNEL_ATTACH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "probe/find/points.h"

struct bpf_program;

/* The kernel's enum bpf_attach_type has it since 6.6; Debian 12's headers do not know it. */
#define ATTACH_TYPE_UPROBE_MULTI 48

enum attach_way {
	ATTACH_MULTI, /* one link for all entries, one for all returns: kernel 6.6 and newer */
	ATTACH_PERF,  /* a perf event for each point: older kernels */
};

/* What holds the probes: they are detached when these are closed. All zero: none. */
struct attachments {
	int *fds;
	size_t count, room;
	bool is_slow; /* each takes the kernel a grace period to close */
};

/* Returns whether the kernel knows multi links; prog must have been loaded for them. */
bool attach_multi_works(const struct bpf_program *prog);

/*
 * Attaches prog to the points in the file at path, but for those that are armed; the attach cookies
 * of their hits are first, first + 1 and so on. What the kernel refuses costs that finding alone,
 * which then says why and has no point attached. For ATTACH_MULTI the program must have been loaded
 * with expected attach type ATTACH_TYPE_UPROBE_MULTI. Returns 0, or -errno where nothing could be
 * attached. The caller calls attachments_detach in every case.
 */
int attach_points(struct attachments *attachments, enum attach_way way,
		  const struct bpf_program *prog, const char *path, struct points *points,
		  uint32_t first);

#define ARMED_MAX 4 /* places of a file */

/* A place that is attached while a guest migrates: in the file, and its hits' attach cookie. */
struct armed {
	uint64_t offset, cookie;
};

/*
 * Attaches prog to these few places in the file at path, of that process alone: but of all that run
 * the file where the kernel cannot tell. Returns 0; or -errno, and nothing is attached.
 */
int attach_armed(struct attachments *attachments, enum attach_way way,
		 const struct bpf_program *prog, const char *path, const struct armed *armed,
		 size_t count, pid_t pid);

/* Moves what holds probes from one to another, which may have some. */
void attachments_move(struct attachments *to, struct attachments *from);

/*
 * Detaches all. Returns when no probe can fire any more; but where that would take long a process
 * of its own does it, which may outlive us: the program must do nothing by then.
 */
void attachments_detach(struct attachments *attachments);

/* The same by a process of its own in any case. Returns its pid, or 0: it is done. */
pid_t attachments_leave_aside(struct attachments *attachments);

/* The same where another process has them, too: they stay as long as that one holds them. */
void attachments_leave(struct attachments *attachments);

#endif
