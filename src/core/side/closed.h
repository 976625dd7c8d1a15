/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When libvirt closed the monitor of a guest's QEMU. */
#ifndef MIGTRACE_CORE_SIDE_CLOSED_H
#define MIGTRACE_CORE_SIDE_CLOSED_H

#include "core/side/side.h"

/* The events are given one after the other; close is NULL before the first. */
struct closing {
	const struct mt_event *close;
};

/*
 * Takes the next event of a domain. A close after which something came by a monitor was another
 * QEMU's: libvirt starts one to ask what it can do, where it does not know that yet, in the thread
 * that prepares the guest (virQEMUCapsInitQMP).
 */
void closing_take(struct closing *closing, const struct mt_event *event);

/* Returns the close among the side's own events, or NULL; while the guest is prepared there is
 * none. */
const struct mt_event *side_closed(const struct side *side);

#endif
