/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest's disk on its host, as the BPF programs and the recorder share it. */
#ifndef MIGTRACE_DISK_H
#define MIGTRACE_DISK_H

#include <linux/types.h>

#define MT_DISKS   128 /* that are watched at once on a host */
#define MT_DISK_ID 64  /* with its NUL */

/*
 * Whose disk it is: the key of its index. The id is that of QEMU's device; of a guest's disk that
 * has none that is known it is empty, and all such are one.
 */
struct mt_disk_key {
	__u32 tgid; /* of QEMU */
	char id[MT_DISK_ID];
};

/*
 * The first part is the recorder's. Stamps are CLOCK_MONOTONIC, 0: there was none. A request is
 * completed when QEMU accounts for it, just behind or before it tells the guest.
 */
struct mt_disk {
	struct mt_disk_key key;
	__u32 generation; /* no two disks that were ever watched have the same */

	__u64 start;	  /* struct qemu's of its guest, when a request was last completed */
	__u64 last_ns;	  /* completed while the guest ran */
	__u64 first_ns;	  /* since that start */
	__u64 begun;	  /* requests, since it is watched */
	__u64 completed;  /* or failed, and begun before or after that */
	__u64 in_flight;  /* those that were completed since the guest had stopped, */
	__u64 oldest_ns;  /* of which the first began then, */
	__u64 newest_ns;  /* and the last */
	__u64 unreadable; /* of which it is not known when they began */
};

#endif
