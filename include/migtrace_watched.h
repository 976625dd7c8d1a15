/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Payloads of events that say what was seen of a guest while it migrated; no event is behind each
 * part. */
#ifndef MIGTRACE_WATCHED_H
#define MIGTRACE_WATCHED_H

#include <linux/types.h>

#include "migtrace_disk.h"
#include "migtrace_tap.h"
#include "migtrace_vcpu.h"

/* NET_BEGIN, NET_END; the interface's name on the host is the text. A stamp of 0: none was seen. */
struct mt_net {
	__u64 last_in_ns; /* the last frame that came in for the guest */
	__u64 last_out_ns;
	__u64 first_in_ns; /* the first one since the guest was last started */
	__u64 first_out_ns;
	__u64 early;	/* frames that came for it to this host before it was started here, */
	__u64 late;	/* and that were dropped here when it did not run here any more */
	__u32 is_whole; /* watching ended by itself: what came later is not part of the migration */
	__u8 address[MT_ETHERNET]; /* the guest's */
	__u8 reserved[2];
};

/*
 * VCPU: where its time went since begun_ns, as long as the guest ran; quota_ns is part of what it
 * was runnable, at most. The text is how many of its faults were as long, by powers of two of us.
 */
struct mt_spent {
	__u64 begun_ns;
	__u64 time_ns[MT_VCPU_TIMES];
	__u64 quota_ns; /* all bits set: not known */
	__u32 is_last;	/* the vCPU is not watched any more */
	__u32 reserved;
};

/* DISK_BEGIN, DISK_END; the id of QEMU's device is the text. A stamp of 0: none was seen. */
struct mt_disk_seen {
	__u64 last_ns;	 /* the last request that was completed while the guest ran */
	__u64 first_ns;	 /* the first one since the guest was last started */
	__u64 completed; /* all that were */
	__u64 waiting;	 /* that had begun, and were not completed yet */
	__u64 in_flight; /* as the guest stopped: completed since, */
	__u64 oldest_ns; /* of which the first began then, */
	__u64 newest_ns; /* and the last; 0: not known of all of them */
	__u32 is_whole;	 /* watching ended by itself */
	__u32 reserved;
};

#endif
