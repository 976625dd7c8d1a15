/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attaches one BPF program to many points of a file at once, and detaches it fast. */
#include "probe/attach.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/bpf.h>
#include <bpf/libbpf.h>

#define UPROBE_MULTI_RETURN 1 /* BPF_F_UPROBE_MULTI_RETURN */

/* The part of union bpf_attr that BPF_LINK_CREATE reads for BPF_TRACE_UPROBE_MULTI. */
struct link_create_multi {
	uint32_t prog_fd;
	uint32_t target_fd;
	uint32_t attach_type;
	uint32_t link_flags;
	uint64_t path;
	uint64_t offsets;
	uint64_t ref_ctr_offsets;
	uint64_t cookies;
	uint32_t count;
	uint32_t flags;
	uint32_t pid;
	uint32_t unused;
};
_Static_assert(sizeof(struct link_create_multi) == 64, "kernel ABI");

/* A kernel that knows multi links looks at the path, and finds that it is no file. */
bool attach_multi_works(const struct bpf_program *prog)
{
	const char path[] = "/";
	uint64_t offset = 0;
	struct link_create_multi attr = {
		.prog_fd = (uint32_t)bpf_program__fd(prog),
		.attach_type = ATTACH_TYPE_UPROBE_MULTI,
		.path = (uintptr_t)path,
		.offsets = (uintptr_t)&offset,
		.count = 1,
	};

	return syscall(SYS_bpf, BPF_LINK_CREATE, &attr, sizeof(attr)) < 0 && errno == EBADF;
}

static int attach_multi(struct attachments *attachments, int prog_fd, const char *path,
			const struct point *points, size_t count, size_t first, enum mt_edge edge)
{
	uint64_t offsets[POINTS_MAX], semaphores[POINTS_MAX], cookies[POINTS_MAX];
	struct link_create_multi attr = {
		.prog_fd = (uint32_t)prog_fd,
		.attach_type = ATTACH_TYPE_UPROBE_MULTI,
		.path = (uintptr_t)path,
		.offsets = (uintptr_t)offsets,
		.ref_ctr_offsets = (uintptr_t)semaphores,
		.cookies = (uintptr_t)cookies,
		.flags = edge == MT_RETURN ? UPROBE_MULTI_RETURN : 0,
	};
	long fd;

	for (size_t i = 0; i < count; i++) {
		if (points[i].site.edge != edge)
			continue;
		offsets[attr.count] = points[i].offset;
		semaphores[attr.count] = points[i].semaphore;
		cookies[attr.count++] = first + i;
	}
	if (!attr.count)
		return 0;
	fd = syscall(SYS_bpf, BPF_LINK_CREATE, &attr, sizeof(attr));
	if (fd < 0)
		return -errno;
	attachments->multi_fds[attachments->multi_count++] = (int)fd;
	return 0;
}

static int attach_perf(struct attachments *attachments, const struct bpf_program *prog,
		       const char *path, const struct point *points, size_t count, size_t first)
{
	for (size_t i = 0; i < count; i++) {
		const struct point *point = &points[i];
		const struct bpf_uprobe_opts opts = {
			.sz = sizeof(opts),
			.ref_ctr_offset = point->semaphore,
			.bpf_cookie = first + i,
			.retprobe = point->site.edge == MT_RETURN,
		};
		struct bpf_link *link =
			bpf_program__attach_uprobe_opts(prog, -1, path, point->offset, &opts);

		if (!link)
			return -errno;
		attachments->perf[attachments->perf_count++] = link;
	}
	return 0;
}

int attach_points(struct attachments *attachments, enum attach_way way,
		  const struct bpf_program *prog, const char *path, const struct point *points,
		  size_t count, size_t first)
{
	int err, prog_fd = bpf_program__fd(prog);

	if (way == ATTACH_PERF)
		return attach_perf(attachments, prog, path, points, count, first);
	err = attach_multi(attachments, prog_fd, path, points, count, first, MT_RETURN);
	if (err)
		return err;
	return attach_multi(attachments, prog_fd, path, points, count, first, MT_ENTER);
}

/*
 * The kernel waits for a grace period on each link: one or two of them for ATTACH_MULTI, one for
 * each point for ATTACH_PERF. Closing those in parallel was measured to gain nothing.
 */
void attachments_detach(struct attachments *attachments)
{
	for (size_t i = 0; i < attachments->multi_count; i++)
		close(attachments->multi_fds[i]);
	for (size_t i = 0; i < attachments->perf_count; i++)
		bpf_link__destroy(attachments->perf[i]);
	memset(attachments, 0, sizeof(*attachments));
}
