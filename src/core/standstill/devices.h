/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long each device of a guest took to be saved, or loaded. */
#ifndef MIGTRACE_CORE_STANDSTILL_DEVICES_H
#define MIGTRACE_CORE_STANDSTILL_DEVICES_H

#include <stddef.h>

#include "core/side/side.h"

#define DEVICES_MAX 512

struct device {
	char name[MT_DEVICE]; /* of its state's description: several devices may have one */
	int instance;	      /* of that name, from 0 on */
	int64_t at_ns, ns;    /* when it began, of the host's clock, and how long it took */
};

/*
 * Writes the devices that the side's QEMU saved (source) or loaded (destination), in order; returns
 * how many, 0 where that was not recorded. They follow each other, so that one ends where the next
 * begins.
 */
size_t devices_of(const struct side *side, struct device devices[DEVICES_MAX]);

#endif
