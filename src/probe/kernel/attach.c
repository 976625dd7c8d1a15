/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attaches one BPF program to many points of a file at once, and detaches it fast. */
#include "probe/kernel/attach.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/bpf.h>
#include <bpf/libbpf.h>

#include "probe/kernel/kernel.h"
#include "probe/kernel/leave.h"
#include "probe/kernel/perf_uprobe.h"

#define UPROBE_MULTI_RETURN 1 /* BPF_F_UPROBE_MULTI_RETURN */

#define FDS_FAST 64 /* links that are closed while the user waits */

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

/* One file's points on their way into the kernel. */
struct attaching {
	struct attachments *attachments;
	int prog_fd;
	const char *path;
	struct points *points;
	uint32_t first; /* cookie */
};

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

static bool room_make(struct attachments *attachments, size_t more)
{
	size_t room = attachments->count + more;
	int *fds;

	if (room <= attachments->room)
		return true;
	fds = realloc(attachments->fds, room * sizeof(*fds));
	if (!fds)
		return false;
	attachments->fds = fds;
	attachments->room = room;
	return true;
}

static int fd_keep(struct attachments *attachments, int fd)
{
	if (!room_make(attachments, 1)) {
		close(fd);
		return -ENOMEM;
	}
	attachments->fds[attachments->count++] = fd;
	return 0;
}

/* Closes what was kept since there were as many. */
static void fds_close(struct attachments *attachments, size_t count)
{
	while (attachments->count > count)
		close(attachments->fds[--attachments->count]);
}

/* Makes one link for the edge of the findings from one up to another. */
static int multi_link(const struct attaching *attaching, size_t from, size_t to, enum mt_edge edge)
{
	uint64_t offsets[POINTS_MAX], semaphores[POINTS_MAX], cookies[POINTS_MAX];
	struct link_create_multi attr = {
		.prog_fd = (uint32_t)attaching->prog_fd,
		.attach_type = ATTACH_TYPE_UPROBE_MULTI,
		.path = (uintptr_t)attaching->path,
		.offsets = (uintptr_t)offsets,
		.ref_ctr_offsets = (uintptr_t)semaphores,
		.cookies = (uintptr_t)cookies,
		.flags = edge == MT_RETURN ? UPROBE_MULTI_RETURN : 0,
	};
	const struct points *points = attaching->points;
	long fd;

	for (uint32_t i = 0; i < points->count; i++) {
		const struct point *point = &points->point[i];

		if (point->site.edge != edge || point->finding < from || point->finding >= to ||
		    !points_has(points, point->finding) || point_is_armed(points, point))
			continue;
		offsets[attr.count] = point->offset;
		semaphores[attr.count] = point->semaphore;
		cookies[attr.count++] = attaching->first + i;
	}
	if (!attr.count)
		return 0;
	fd = syscall(SYS_bpf, BPF_LINK_CREATE, &attr, sizeof(attr));
	return fd < 0 ? -errno : fd_keep(attaching->attachments, (int)fd);
}

/* Attaches the findings from one up to another: all of them, or none. */
static int multi_attach(const struct attaching *attaching, size_t from, size_t to)
{
	size_t before = attaching->attachments->count;
	int err = multi_link(attaching, from, to, MT_RETURN);

	if (!err)
		err = multi_link(attaching, from, to, MT_ENTER);
	if (err)
		fds_close(attaching->attachments, before);
	return err;
}

/* Withdraws those that the kernel refuses, of findings of which it refused some. */
static void multi_blame(const struct attaching *attaching, size_t from, size_t to, int err)
{
	const size_t side[] = {from, from + (to - from) / 2, to};

	if (to - from == 1) {
		points_withdraw(attaching->points, from, err);
		return;
	}
	for (size_t i = 0; i < 2; i++) {
		size_t before = attaching->attachments->count;

		err = multi_attach(attaching, side[i], side[i + 1]);
		fds_close(attaching->attachments, before);
		if (err)
			multi_blame(attaching, side[i], side[i + 1], err);
	}
}

static int multi_points(const struct attaching *attaching)
{
	size_t count = attaching->points->finding_count;
	int err = multi_attach(attaching, 0, count);

	if (!err)
		return 0;
	multi_blame(attaching, 0, count, err);
	return points_any(attaching->points) ? multi_attach(attaching, 0, count) : err;
}

static int perf_attach(struct attachments *attachments, int prog_fd,
		       const struct perf_uprobe *uprobe, uint64_t cookie)
{
	int event, link = perf_uprobe_open(uprobe, prog_fd, cookie, &event);
	int err = link < 0 ? link : fd_keep(attachments, link);

	if (link >= 0 && !err)
		err = fd_keep(attachments, event);
	return err;
}

static int perf_point(const struct attaching *attaching, uint32_t index)
{
	const struct point *point = &attaching->points->point[index];
	const struct perf_uprobe uprobe = {
		.path = attaching->path,
		.offset = point->offset,
		.semaphore = point->semaphore,
		.is_return = point->site.edge == MT_RETURN,
	};

	return perf_attach(attaching->attachments, attaching->prog_fd, &uprobe,
			   attaching->first + index);
}

/* A finding's points follow each other. */
static int perf_points(const struct attaching *attaching)
{
	struct attachments *attachments = attaching->attachments;
	struct points *points = attaching->points;
	size_t finding = SIZE_MAX, before = 0;
	int err, last_err = 0;

	attachments->is_slow = true;
	for (uint32_t i = 0; i < points->count; i++) {
		if (points->point[i].finding != finding)
			before = attachments->count;
		finding = points->point[i].finding;
		err = points_has(points, finding) && !point_is_armed(points, &points->point[i])
			      ? perf_point(attaching, i)
			      : 0;
		if (!err)
			continue;
		fds_close(attachments, before);
		points_withdraw(points, finding, err);
		last_err = err;
	}
	return points_any(points) ? 0 : last_err;
}

int attach_points(struct attachments *attachments, enum attach_way way,
		  const struct bpf_program *prog, const char *path, struct points *points,
		  uint32_t first)
{
	const struct attaching attaching = {attachments, bpf_program__fd(prog), path, points,
					    first};

	return way == ATTACH_PERF ? perf_points(&attaching) : multi_points(&attaching);
}

static int multi_armed(struct attachments *attachments, int prog_fd, const char *path,
		       const struct armed *armed, size_t count, pid_t pid)
{
	uint64_t offsets[ARMED_MAX], cookies[ARMED_MAX];
	struct link_create_multi attr = {
		.prog_fd = (uint32_t)prog_fd,
		.attach_type = ATTACH_TYPE_UPROBE_MULTI,
		.path = (uintptr_t)path,
		.offsets = (uintptr_t)offsets,
		.cookies = (uintptr_t)cookies,
		.count = (uint32_t)count,
		.pid = kernel_multi_knows_threads() ? (uint32_t)pid : 0,
	};
	long fd;

	for (size_t i = 0; i < count; i++) {
		offsets[i] = armed[i].offset;
		cookies[i] = armed[i].cookie;
	}
	fd = syscall(SYS_bpf, BPF_LINK_CREATE, &attr, sizeof(attr));
	return fd < 0 ? -errno : fd_keep(attachments, (int)fd);
}

int attach_armed(struct attachments *attachments, enum attach_way way,
		 const struct bpf_program *prog, const char *path, const struct armed *armed,
		 size_t count, pid_t pid)
{
	int prog_fd = bpf_program__fd(prog), err = 0;

	if (count > ARMED_MAX)
		return -E2BIG;
	if (way == ATTACH_MULTI)
		return multi_armed(attachments, prog_fd, path, armed, count, pid);
	attachments->is_slow = true;
	for (size_t i = 0; i < count && !err; i++) {
		const struct perf_uprobe uprobe = {.path = path, .offset = armed[i].offset};

		err = perf_attach(attachments, prog_fd, &uprobe, armed[i].cookie);
	}
	if (err)
		fds_close(attachments, 0);
	return err;
}

void attachments_move(struct attachments *to, struct attachments *from)
{
	bool has_room = room_make(to, from->count);

	for (size_t i = 0; i < from->count; i++) {
		if (has_room)
			to->fds[to->count++] = from->fds[i];
		else
			close(from->fds[i]);
	}
	to->is_slow |= from->is_slow;
	free(from->fds);
	memset(from, 0, sizeof(*from));
}

/*
 * The kernel waits for a grace period on each: one or two of them for a file by ATTACH_MULTI, one
 * for each point for ATTACH_PERF. Closing those in parallel was measured to gain nothing.
 */
void attachments_detach(struct attachments *attachments)
{
	if (attachments->is_slow || attachments->count > FDS_FAST)
		attachments_leave_aside(attachments);
	else
		attachments_leave(attachments);
}

pid_t attachments_leave_aside(struct attachments *attachments)
{
	pid_t pid = attachments->count ? leave_fds(attachments->fds, attachments->count) : 0;

	free(attachments->fds);
	memset(attachments, 0, sizeof(*attachments));
	return pid;
}

void attachments_leave(struct attachments *attachments)
{
	fds_close(attachments, 0);
	free(attachments->fds);
	memset(attachments, 0, sizeof(*attachments));
}
