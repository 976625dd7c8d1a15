/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which file it is that a probe lands in: containers of one image see one inode by many devices. */
#include "probe/host/inode.h"

#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/vfs.h>

/* An overlay passes the question on to the file below it. */
static uint64_t physical_get(int fd)
{
	union {
		struct fiemap head;
		char room[sizeof(struct fiemap) + sizeof(struct fiemap_extent)];
	} map = {.head = {.fm_length = 1, .fm_extent_count = 1}};
	struct fiemap_extent first;

	if (ioctl(fd, FS_IOC_FIEMAP, &map) || !map.head.fm_mapped_extents)
		return 0;
	memcpy(&first, map.room + sizeof(struct fiemap), sizeof(first));
	return first.fe_flags & FIEMAP_EXTENT_UNKNOWN ? 0 : first.fe_physical;
}

bool inode_get(int fd, struct inode *inode)
{
	struct statfs fs;

	memset(inode, 0, sizeof(*inode));
	if (fstat(fd, &inode->st) || !S_ISREG(inode->st.st_mode))
		return false;
	inode->is_overlay = !fstatfs(fd, &fs) && fs.f_type == OVERLAYFS_SUPER_MAGIC;
	inode->physical = physical_get(fd);
	return true;
}

static bool is_same_time(const struct timespec *one, const struct timespec *other)
{
	return one->tv_sec == other->tv_sec && one->tv_nsec == other->tv_nsec;
}

bool inode_is_same(const struct inode *one, const struct inode *other)
{
	const struct stat *a = &one->st, *b = &other->st;

	if (a->st_ino != b->st_ino)
		return false;
	if (a->st_dev == b->st_dev)
		return true;
	return (one->is_overlay || other->is_overlay) && a->st_size == b->st_size &&
	       is_same_time(&a->st_mtim, &b->st_mtim) && is_same_time(&a->st_ctim, &b->st_ctim) &&
	       one->physical == other->physical;
}
