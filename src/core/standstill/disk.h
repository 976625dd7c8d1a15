/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For how long each of the guest's disks answered no request, and which it had to wait for. */
#ifndef MIGTRACE_CORE_STANDSTILL_DISK_H
#define MIGTRACE_CORE_STANDSTILL_DISK_H

#include <stddef.h>

#include "core/event/quantity.h"
#include "core/match/migration.h"
#include "core/message/offset.h"
#include "migtrace_disk.h"

#define GUEST_DISKS_MAX 32

struct disk {
	char device[MT_DISK_ID]; /* the id of its device in QEMU */
	char name[MT_DISK_ID];	 /* what people call it */
	/* The last request that was completed before the guest stopped, and the first that was on
	 * the destination. */
	struct src_instant last;
	struct dst_instant first;
	struct quantity blackout;
	/* Those that had begun when the guest stopped, and were not completed; how long they had
	 * taken when it was started on the destination, where it could see that they are. */
	struct counted in_flight;
	struct quantity longest, shortest;
};

/* blackout: the longest of all disks that made requests. */
struct guest_disks {
	struct disk disk[GUEST_DISKS_MAX];
	size_t count;
	struct quantity blackout;
};

/* Finds it out. clocks as for across(). Strings are static. */
void disks_find_blackout(const struct migration *migration, const struct clocks *clocks,
			 struct guest_disks *disks);

#endif
