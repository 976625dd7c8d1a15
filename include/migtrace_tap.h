/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest's network interface on its host, as the BPF programs and the recorder share it. */
#ifndef MIGTRACE_TAP_H
#define MIGTRACE_TAP_H

#include <linux/types.h>

#define MT_TAPS	    64 /* that are watched at once on a host */
#define MT_TAP_NAME 16
#define MT_ETHERNET 6

/*
 * The first part is the recorder's. Stamps are CLOCK_MONOTONIC, 0: there was no such frame. A frame
 * is one from the guest's address, or to it. It comes in when QEMU takes it while its guest runs.
 */
struct mt_tap {
	char name[MT_TAP_NAME];
	__u8 address[MT_ETHERNET]; /* the guest's */
	__u16 reserved;
	__u32 netns;
	__u32 tgid;    /* of QEMU */
	__u32 ifindex; /* of a macvtap, which is known by it alone; 0: a tap, by its name */

	__u64 start; /* struct qemu's of its guest, when the first frame came since */
	__u64 last_in_ns;
	__u64 last_out_ns;
	__u64 first_in_ns; /* since that start */
	__u64 first_out_ns;
	__u64 early;   /* that came to the host and found a guest that had not been started */
	__u64 late;    /* that were dropped on the host while no guest ran here */
	__u64 late_ns; /* the last of these */
};

/* Whose interface an address is: the key of its index. */
struct mt_tap_key {
	__u32 netns;
	__u8 address[MT_ETHERNET];
	__u8 reserved[2];
};

#endif
