/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Uprobes as perf events, one for each place: the way of kernels before 6.6. */
#ifndef MIGTRACE_PROBE_KERNEL_PERF_UPROBE_H
#define MIGTRACE_PROBE_KERNEL_PERF_UPROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct perf_uprobe {
	const char *path;
	uint64_t offset;    /* in the file */
	uint64_t semaphore; /* in the file; 0: none */
	bool is_return;
};

/*
 * Has the program run at each hit of the probe, in any process, with that attach cookie. Returns a
 * file descriptor and another in *event, which hold the probe until both are closed; or -errno.
 */
int perf_uprobe_open(const struct perf_uprobe *uprobe, int prog_fd, uint64_t cookie, int *event);

#endif
