/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The programs that see frames of guests' interfaces: attached while some of these are watched. */
#ifndef MIGTRACE_PROBE_KERNEL_NET_PROGRAMS_H
#define MIGTRACE_PROBE_KERNEL_NET_PROGRAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "migtrace_tap.h"
#include "probe/host/taps.h"
#include "probe/kernel/guest_tgid.h"
#include "probe/kernel/optional.h"

struct net_programs {
	struct optional_links links;
	struct mt_tap *taps; /* MT_TAPS, the programs' own: whoever has forked sees them, too */
	bool is_used[MT_TAPS];
};

/* Watches the interfaces of that QEMU, which migrates. Those that cannot be are left out. */
void net_programs_begin(struct net_programs *net, pid_t pid, struct watch_found *found);

/* Watches that one no more; what it had seen stays until another one is in its place. */
void net_programs_end(struct net_programs *net, uint32_t index);

#endif
