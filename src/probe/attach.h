/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attaches one BPF program to many points of a file at once, and detaches it fast. */
#ifndef MIGTRACE_PROBE_ATTACH_H
#define MIGTRACE_PROBE_ATTACH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/points.h"

struct bpf_program;
struct bpf_link;

#define ATTACH_LINKS_MAX MT_SITES_MAX

/* The kernel's enum bpf_attach_type has it since 6.6; Debian 12's headers do not know it. */
#define ATTACH_TYPE_UPROBE_MULTI 48

enum attach_way {
	ATTACH_MULTI, /* one link for all entries, one for all returns: kernel 6.6 and newer */
	ATTACH_PERF,  /* a perf event for each point: older kernels */
};

struct attachments {
	int multi_fds[ATTACH_LINKS_MAX];
	size_t multi_count;
	struct bpf_link *perf[ATTACH_LINKS_MAX];
	size_t perf_count;
};

/* Returns whether the kernel knows multi links; prog must have been loaded for them. */
bool attach_multi_works(const struct bpf_program *prog);

/*
 * Attaches prog to count points in the file at path; the attach cookies of their hits are first,
 * first + 1 and so on. For ATTACH_MULTI the program must have been loaded with expected attach type
 * ATTACH_TYPE_UPROBE_MULTI. Returns 0 or -errno. The caller calls attachments_detach in every case.
 */
int attach_points(struct attachments *attachments, enum attach_way way,
		  const struct bpf_program *prog, const char *path, const struct point *points,
		  size_t count, size_t first);

/* Detaches all; returns when no probe can fire any more. */
void attachments_detach(struct attachments *attachments);

#endif
