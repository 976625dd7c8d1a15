/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Uprobes as perf events, one for each place: the way of kernels before 6.6. */
#include "probe/kernel/perf_uprobe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/perf_event.h>
#include <bpf/bpf.h>

#define SYSFS_UPROBE "/sys/bus/event_source/devices/uprobe/"

#define CONFIG_SEMAPHORE_SHIFT 32 /* sysfs' format/ref_ctr_offset: config:32-63 */

/* Returns the number in the file, where it comes after that word, or -errno. */
static int sysfs_number(const char *path, const char *word)
{
	FILE *file = fopen(path, "re");
	size_t length = strlen(word);
	char text[32];
	bool is_there;

	if (!file)
		return -errno;
	is_there = fgets(text, sizeof(text), file) && !strncmp(text, word, length);

	fclose(file);
	return is_there ? (int)strtoul(text + length, NULL, 10) : -EINVAL;
}

static int event_open(const struct perf_uprobe *uprobe)
{
	int type = sysfs_number(SYSFS_UPROBE "type", "");
	int return_bit = sysfs_number(SYSFS_UPROBE "format/retprobe", "config:");
	struct perf_event_attr attr = {
		.type = (uint32_t)type,
		.size = sizeof(attr),
		.config = uprobe->semaphore << CONFIG_SEMAPHORE_SHIFT,
		.uprobe_path = (uintptr_t)uprobe->path,
		.probe_offset = uprobe->offset,
	};
	long fd;

	if (type < 0 || return_bit < 0 || return_bit > 63)
		return type < 0 ? type : -EINVAL;
	if (uprobe->is_return)
		attr.config |= UINT64_C(1) << return_bit;
	/* Of any process, which for perf means: on one CPU, here the first. BPF runs on all. */
	fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : (int)fd;
}

int perf_uprobe_open(const struct perf_uprobe *uprobe, int prog_fd, uint64_t cookie, int *event)
{
	const struct bpf_link_create_opts opts = {.sz = sizeof(opts), .perf_event = {cookie}};
	int err, link;

	*event = event_open(uprobe);
	if (*event < 0)
		return *event;
	link = bpf_link_create(prog_fd, *event, BPF_PERF_EVENT, &opts);
	if (link >= 0)
		return link;
	err = -errno;
	close(*event);
	return err;
}
